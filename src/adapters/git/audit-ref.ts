import { DispatchError } from "../../domain/errors.ts";
import type { AuditMark } from "../../ports/journal.ts";
import { writeCommit } from "./commit.ts";
import type { Doors } from "./doors.ts";
import { writeObject } from "./objects.ts";
import { readRef, swapRef } from "./refs.ts";

const REF = "refs/dispatch/audit";
const TRIES = 20;

/** Adds a mark to the history below `refs/dispatch/audit`; the mark that is the newest already is not repeated. */
export async function recordAudit(doors: Doors, mark: AuditMark, date: string): Promise<void> {
  const tree = await writeObject(doors, "tree", "");
  for (let tries = 0; tries < TRIES; tries += 1) {
    const tip = await readRef(doors, REF);
    const [newest] = tip === null ? [] : await readMarks(doors, tip, ["--max-count=1"]);
    if (newest?.hash === mark.hash) return;
    const parents = tip === null ? [] : [tip];
    const message = `${mark.facts} ${mark.hash}`;
    const commit = await writeCommit(doors, { tree, parents, message, author: "dispatch", date });
    if (await swapRef(doors, REF, commit, tip)) return;
  }
  throw new DispatchError({
    code: "ref_moved",
    message: `${REF} could not be moved: others keep moving it.`,
    hint: "Try again.",
  });
}

/** Every mark, newest first. */
export async function readAudit(doors: Doors): Promise<readonly AuditMark[]> {
  const tip = await readRef(doors, REF);
  return tip === null ? [] : await readMarks(doors, tip, []);
}

async function readMarks({ own }: Doors, tip: string, args: readonly string[]): Promise<readonly AuditMark[]> {
  const { stdout } = await own("log", [...args, "--format=%s", tip]);
  return stdout.split("\n").flatMap((line) => {
    const [, facts, hash] = /^(\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
    return facts === undefined || hash === undefined ? [] : [{ facts: Number(facts), hash }];
  });
}
