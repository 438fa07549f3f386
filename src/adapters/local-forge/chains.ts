import type { Doors } from "../git/doors.ts";
import { writeCommit } from "../git/commit.ts";
import { type ObjectStore, writeObject } from "../git/objects.ts";
import { foldPullRequest, type Folded } from "./fold.ts";
import { unreadable } from "../../ports/forge-errors.ts";
import { parseEvent, type PullRequestEvent } from "./schema.ts";

const EVENT_FILE = "event.json";
const AUTHOR = "dispatch <dispatch@localhost>";
/** Every chain begins with the same empty commit, so that the first parent is always the event before. */
const ROOT = { message: "a pull request of dispatch", author: AUTHOR, date: "2026-01-01T00:00:00Z" };
/** Commits whose events are read at once: bounds the memory, not the length of a chain. */
const BATCH = 500;

type OwnDoor = Pick<Doors, "own">;

/** Ref → tip of its chain → what its events add up to. Rejects with `pull_request_invalid`. */
export async function readChains(
  doors: OwnDoor,
  tips: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Folded>> {
  if (tips.size === 0) return new Map();
  const before = await readHistory(doors, [...tips.values()]);
  const events = await readEvents(doors, [...before.keys()]);
  return new Map(
    [...tips].map(([ref, tip]) => {
      const chain: PullRequestEvent[] = [];
      for (let commit = tip, last = before.get(tip); last !== undefined; commit = last, last = before.get(last)) {
        const event = events.get(commit);
        if (event === undefined) throw unreadable(ref, commit);
        chain.push(event);
      }
      const folded = foldPullRequest(chain.reverse());
      if (folded === null) throw unreadable(ref, tip);
      return [ref, folded];
    }),
  );
}

/** Commit → the one before it, for all but the common first commit. */
async function readHistory({ own }: OwnDoor, tips: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await own("rev-list", ["--first-parent", "--parents", "--stdin"], {
    input: `${tips.join("\n")}\n`,
  });
  return new Map(
    stdout.split("\n").flatMap((text): [string, string][] => {
      const [commit = "", parent] = text.split(" ");
      return parent === undefined ? [] : [[commit, parent]];
    }),
  );
}

async function readEvents(
  { own }: OwnDoor,
  commits: readonly string[],
): Promise<ReadonlyMap<string, PullRequestEvent>> {
  const events = new Map<string, PullRequestEvent>();
  for (let start = 0; start < commits.length; start += BATCH) {
    const batch = commits.slice(start, start + BATCH);
    const input = batch.map((commit) => `${commit}:${EVENT_FILE}\n`).join("");
    // One character for each byte, since sizes are told in bytes.
    const { stdout } = await own("cat-file", ["--batch=%(objecttype) %(objectsize)"], { input, encoding: "latin1" });
    splitBatch(stdout).forEach((text, index) => {
      const [commit, event] = [batch[index], text === null ? null : parseEvent(text)];
      if (commit !== undefined && event !== null) events.set(commit, event);
    });
  }
  return events;
}

/** The contents in an answer of `cat-file --batch`, in their order; null for what is missing. */
function splitBatch(answer: string): (string | null)[] {
  const contents: (string | null)[] = [];
  for (let at = 0; at < answer.length;) {
    const end = answer.indexOf("\n", at);
    const [, type, size] = /^(\w+) (\d+)$/.exec(answer.slice(at, end)) ?? [];
    const from = end + 1;
    at = size === undefined ? from : from + Number(size) + 1;
    contents.push(type === "blob" ? Buffer.from(answer.slice(from, at - 1), "latin1").toString("utf8") : null);
  }
  return contents;
}

/** The event as a commit after `tip` (null: the first). What it names as head stays reachable through it. No ref moves. */
export async function writeEvent(store: ObjectStore, tip: string | null, event: PullRequestEvent): Promise<string> {
  const blob = await writeObject(store, "blob", `${JSON.stringify(event, null, 2)}\n`);
  const entry = Buffer.concat([Buffer.from(`100644 ${EVENT_FILE}\0`), Buffer.from(blob, "hex")]);
  const tree = await writeObject(store, "tree", entry);
  const parents = [tip ?? (await writeRoot(store)), ...("head" in event ? [event.head] : [])];
  return writeCommit(store, { tree, parents, message: `pull request ${event.kind}`, author: AUTHOR, date: event.at });
}

async function writeRoot(store: ObjectStore): Promise<string> {
  return writeCommit(store, { ...ROOT, tree: await writeObject(store, "tree", ""), parents: [] });
}
