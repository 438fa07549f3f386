import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DIFF, git, type Recorded } from "./from-history.ts";

/** The fields of `dispatch pr list --json` that a trial looks at. */
export interface ListedPullRequest {
  readonly number: number;
  readonly task: string;
  readonly branch: string;
  readonly head: string;
  readonly state: string;
}

/** One sentence for each thing that is not as it should be: one pull request a task, and in it that task's change alone. */
export async function comparePullRequests(
  origin: string,
  tasks: readonly Recorded[],
  listed: readonly ListedPullRequest[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { id, patch } of tasks) {
    const own = listed.filter(({ task }) => task === id);
    const [first] = own;
    if (first === undefined || own.length > 1) {
      problems.push(`${id} has ${own.length} pull requests`);
      continue;
    }
    const onOrigin = (await git(origin, ["rev-parse", `refs/heads/${first.branch}`])).trim();
    if (onOrigin !== first.head)
      problems.push(`${id}: #${first.number} is at ${first.head}, its branch at ${onOrigin}`);
    const fork = (await git(origin, ["merge-base", "refs/heads/main", first.head])).trim();
    if ((await git(origin, [...DIFF, fork, first.head])) !== patch)
      problems.push(`${id}: #${first.number} is not exactly the recorded change`);
  }
  return problems;
}

/** Command lines of what still has to do with a folder after two seconds: its programs, agents, servers. */
export async function processesLeft(dir: string, counts = (_line: string) => true): Promise<readonly string[]> {
  for (let waited = 0; ; waited += 100) {
    const left = (await processesOf(dir)).filter(counts);
    if (left.length === 0 || waited >= 2000) return left;
    await sleep(100);
  }
}

async function processesOf(dir: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const [words, surroundings, stat] = await Promise.all([
      read(pid, "cmdline"),
      read(pid, "environ"),
      read(pid, "stat"),
    ]);
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    // What reads the books here may have a git of its own for some seconds.
    const parent = Number(/\) \S (\d+) /.exec(stat)?.[1]);
    if (Number(pid) === process.ppid || parent === process.pid) continue;
    if (words.includes(`${dir}/`) || cwd.startsWith(dir) || surroundings.includes(`=${dir}/`))
      found.push(`${pid} ${words.replaceAll("\0", " ").trim()}`);
  }
  return found;
}

/** Empty for a process that is gone or not ours. */
function read(pid: string, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "");
}
