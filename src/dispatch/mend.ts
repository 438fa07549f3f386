import { cut } from "../domain/display.ts";
import type { Finding } from "../domain/verdict.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { Base } from "../ports/repository.ts";
import type { Ports } from "./ports.ts";

type Landing = NonNullable<TaskView["landing"]>;

/** What a base that moved left the coder to mend; null where it left nothing. */
export function toMend(view: TaskView | undefined): Landing | null {
  const landing = view?.landing ?? null;
  return landing !== null && landing.findings.length > 0 ? landing : null;
}

/** The change as it stands, on the base as it is now; null where the coder has to make it again. */
export async function moveOnto({ repository }: Ports, base: Base, head: string): Promise<string | null> {
  const fork = await repository.mergeBase(base.commit, head);
  return fork === null ? null : await repository.replay(fork, head, base.commit);
}

/** A coder who makes a change again sees how it was. */
const PATCH_BYTES = 16_000;

export async function findingsToMend(
  ports: Ports,
  base: Base,
  { head, findings }: Landing,
  isMadeAgain: boolean,
): Promise<readonly Finding[]> {
  if (!isMadeAgain) return findings;
  const fork = await ports.repository.mergeBase(base.commit, head);
  if (fork === null) return findings;
  const patch = ports.secrets.mask(await ports.repository.readDiff(fork, head, PATCH_BYTES));
  const words = `Your earlier change (git diff ${fork.slice(0, 12)} ${head.slice(0, 12)}), kept under refs/dispatch/salvage:`;
  return findings.map((one) => ({ ...one, message: `${one.message}\n\n${words}\n${cut(patch, PATCH_BYTES + 100)}` }));
}
