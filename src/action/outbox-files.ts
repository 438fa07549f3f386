import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Bundles } from "../ports/bundles.ts";
import { Outbox } from "./schema.ts";

/** An outbox is a folder: what is wanted as JSON, and the commits that it speaks of as a git bundle. */
const filesOf = (folder: string) => ({ intents: join(folder, "intents.json"), commits: join(folder, "work.bundle") });

const MOST_BYTES = 64 * 1024 * 1024;

export async function writeOutbox(folder: string, outbox: Outbox, bundles: Bundles): Promise<void> {
  const { intents, commits } = filesOf(folder);
  await mkdir(folder, { recursive: true });
  const pushed = outbox.intents.flatMap((intent) => (intent.verb === "push" ? [intent.commit] : []));
  if (pushed.length > 0) await bundles.write(commits, [...new Set(pushed)], outbox.base.commit);
  // What shows on the way does not have to be shown afterwards.
  const kept = outbox.intents.filter(
    (intent, at) =>
      intent.verb !== "state" ||
      !outbox.intents.slice(at + 1).some((later) => later.verb === "state" && later.task === intent.task),
  );
  await writeFile(intents, JSON.stringify({ ...outbox, intents: kept }));
}

export async function readOutbox(folder: string, bundles: Bundles): Promise<Outbox> {
  const { intents, commits } = filesOf(folder);
  const outbox = await parse(intents);
  if (existsSync(commits)) await bundles.read(commits);
  return outbox;
}

async function parse(file: string): Promise<Outbox> {
  try {
    if ((await stat(file)).size > MOST_BYTES) throw new Error("it is too large");
    return Outbox.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new DispatchError({
      code: "outbox_invalid",
      message: `${file} is not what an agent half writes; nothing of it was done.`,
      hint: "Look at the artifact of the agent job, and let the workflow run again.",
      exit: EXIT.usage,
      cause: error,
    });
  }
}
