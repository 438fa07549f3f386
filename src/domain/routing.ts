import type { Role } from "./assignment.ts";

/** Most matching skills first, then the first configured; null when nobody has the role. */
export function chooseAgent(
  agents: readonly { readonly name: string; readonly role: Role; readonly skills: readonly string[] }[],
  role: Role,
  skills: readonly string[],
): string | null {
  const wanted = new Set(skills.map((skill) => skill.toLowerCase()));
  let best: string | null = null;
  let most = -1;
  for (const agent of agents) {
    if (agent.role !== role) continue;
    const matching = new Set(agent.skills.map((skill) => skill.toLowerCase()).filter((skill) => wanted.has(skill)))
      .size;
    if (matching > most) [best, most] = [agent.name, matching];
  }
  return best;
}
