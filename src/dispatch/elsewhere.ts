import { record, type Ports } from "./ports.ts";

/** Another clone has it. Its pull request will be found on the forge; if it gives up, whoever runs next asks again. */
export async function recordRefusal(
  ports: Ports,
  run: string,
  task: string,
  { by, until }: { readonly by: string; readonly until: string },
): Promise<void> {
  const scope = { run, task, episode: 0 };
  await record(ports, scope, `${task}/claimed/${run}`, { name: "claim.refused", data: { by, until } });
}

/** Other hosts worked on it since we did: origin has the branch. What was made here and is not in it is saved first. */
export async function followBranch({ repository }: Ports, task: string, branch: string | null): Promise<void> {
  if (branch === null) return;
  const [here, there] = [await repository.readBranch(branch), await repository.fetchPublished(branch)];
  if (there === null || here === there || (here !== null && (await repository.isAncestor(there, here)))) return;
  if (here !== null && !(await repository.isAncestor(here, there))) await repository.salvage(task, here);
  await repository.moveBranch(branch, there, here);
}
