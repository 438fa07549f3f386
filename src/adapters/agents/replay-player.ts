/** A program of its own, started by the replay agent in the worktree: acts out one entry of a recording. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Entry } from "./schema.ts";

/** What the agent hands over; it was checked there. */
export interface Part {
  readonly startSeconds: number;
  readonly entry: Entry;
}

const [partFile = ""] = process.argv.slice(2);
const { startSeconds, entry } = JSON.parse(readFileSync(partFile, "utf8")) as Part;

await sleep(startSeconds * 1000);
for (const line of entry.say) process.stdout.write(`${line}\n`);
await sleep(entry.seconds * 1000);
for (const edit of entry.edits) apply(edit);

if (entry.end === "crash") process.kill(process.pid, "SIGKILL");
if (entry.end === "hang") await hang();
const { summary, verdict, findings, usage, costUsd } = entry;
writeFileSync(process.env.DISPATCH_RESULT ?? "", JSON.stringify({ summary, verdict, findings, usage, costUsd }));
process.exitCode = entry.end === "ok" ? 0 : Number(entry.end.slice("exit:".length));

function apply(edit: Entry["edits"][number]): void {
  if ("delete" in edit) {
    rmSync(edit.path, { force: true });
    return;
  }
  mkdirSync(dirname(edit.path), { recursive: true });
  writeFileSync(edit.path, "content" in edit ? edit.content : replaced(edit.path, ...edit.replace));
}

/** An attempt before this one may have done it already. */
function replaced(path: string, before: string, after: string): string {
  const text = readFileSync(path, "utf8");
  if (!text.includes(before) && text.includes(after)) return text;
  if (!text.includes(before)) throw new Error(`${path} has no ${JSON.stringify(before)} to be replaced`);
  return text.replace(before, () => after);
}

/** Like an agent that has lost its way: only KILL ends it. */
async function hang(): Promise<never> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  for (;;) await sleep(3_600_000);
}
