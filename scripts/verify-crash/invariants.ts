import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { isActive } from "../../src/domain/task-state.ts";
import { foldTasks, type TaskView } from "../../src/domain/task-view.ts";
import type { PullRequestDetails } from "../../src/ports/forge.ts";
import { processesLeft } from "../trial/check.ts";
import type { Ledger } from "./ledger.ts";
import { ENDS, TASKS } from "./story.ts";
import { PLANTED, type World } from "./world.ts";

type Look = (world: World, ledger: Ledger) => Promise<readonly string[]>;

/** What must hold at every moment, also between a crash and the next command (src/README.md §5), a sentence for each thing that does not. */
export const always: Look = async ({ repo }, { before }) => {
  const now = await repo.print();
  return isDeepStrictEqual(now, before)
    ? []
    : [`I4, I5: the checkout is not what it was: ${JSON.stringify({ before, now })}`];
};

/** What must hold whenever no command is at work. */
export const atRest: Look = async (world, ledger) => {
  const books = await world.books();
  const views = foldTasks(await books.facts());
  const all = await books.pullRequests();
  return [
    ...(await always(world, ledger)),
    ...states(views),
    ...pullRequests(all),
    ...(await heads(world, [...views.values()], all, ledger)),
    ...(await ledger.excess()),
    ...(await leftOver(world)),
    // Marks of the journal before it was lost are what tells that it was.
    ...(ledger.isForgotten ? [] : (await books.wrong()).map((one) => `I11: ${one}`)),
  ];
};

/** And what the story comes to. */
export const inTheEnd: Look = async (world, ledger) => {
  const problems = [...(await atRest(world, ledger)), ...(await (ledger.isMeddled ? fates : ends)(world, ledger))];
  await world.closeBooks();
  const processes = [...(await processesLeft(world.repo.temp)), ...(await processesLeft(world.home))];
  return [...problems, ...new Set(processes.map((one) => `I6: still there: ${one}`)), ...(await secrets(world))];
};

/** Between two commands nobody is at work. */
function states(views: ReadonlyMap<string, TaskView>): readonly string[] {
  return TASKS.flatMap((id) => {
    const state = views.get(id)?.state;
    if (state === undefined) return [];
    return isActive(state) ? [`I1: ${id} is ${state.name}, and nobody works on it`] : [];
  });
}

function pullRequests(all: readonly PullRequestDetails[]): readonly string[] {
  const many = TASKS.flatMap((id) => {
    const open = all.filter(({ task, state }) => task === id && state === "open");
    return open.length > 1 ? [`I2: ${id} has ${open.length} open pull requests`] : [];
  });
  const twice = all.flatMap(({ number, comments }) => {
    const bodies = comments.map(({ body }) => body);
    return new Set(bodies).size === bodies.length ? [] : [`I2: #${number} says something twice: ${bodies.join(" | ")}`];
  });
  return [...many, ...twice];
}

/** I3, and that a pull request shows what is on its branch. */
async function heads(
  { repo }: World,
  views: readonly TaskView[],
  all: readonly PullRequestDetails[],
  { kept, isMeddled }: Ledger,
): Promise<readonly string[]> {
  const origin = repo.origin ?? "";
  const [here, there, refs] = await Promise.all([
    repo.git("rev-list", "--all"),
    repo.gitIn(origin, "rev-list", "--all"),
    repo.refs(origin),
  ]);
  const known = new Set([...here.split("\n"), ...there.split("\n")]);
  const lost = [...views.flatMap(({ head }) => head ?? []), ...kept].filter((head) => !known.has(head));
  const apart = all.filter(({ state, branch, head }) => state === "open" && refs[`refs/heads/${branch}`] !== head);
  return [
    ...lost.map((head) => `I3: no ref leads to ${head}`),
    ...(isMeddled ? [] : apart.map(({ number, branch }) => `I2: #${number} does not show what is on ${branch}`)),
  ];
}

async function leftOver({ repo }: World): Promise<readonly string[]> {
  // We keep the server ourselves: whether it goes is looked at in the end.
  const agents = (await processesLeft(repo.temp, (line) => !line.includes("postgres"))).map(
    (one) => `I6: still there: ${one}`,
  );
  const gitDir = join(repo.dir, ".git");
  const worktrees = existsSync(join(gitDir, "worktrees")) ? await readdir(join(gitDir, "worktrees")) : [];
  const dirs = [gitDir, ...worktrees.map((name) => join(gitDir, "worktrees", name))];
  const flags = dirs.filter((dir) => existsSync(join(dir, "skip-auto-rebase-watcher")));
  return [...agents, ...flags.map((dir) => `I10: a pause flag is left in ${dir}`)];
}

/** The forge knows that a pull request was closed, and not that its task was cancelled. */
const TOLD_BY_THE_FORGE: Readonly<Record<string, string>> = { cancelled: "closed" };

async function ends(world: World, { isForgotten }: Ledger): Promise<readonly string[]> {
  const { repo } = world;
  const origin = repo.origin ?? "";
  const books = await world.books();
  const views = foldTasks(await books.facts());
  const all = await books.pullRequests();
  const states = TASKS.flatMap((id) => {
    const state = views.get(id)?.state.name ?? (isForgotten ? ENDS[id] : "unknown");
    const isAsTold = state === ENDS[id] || (isForgotten && state === TOLD_BY_THE_FORGE[ENDS[id]]);
    return isAsTold ? [] : [`I1: ${id} is ${state}, not ${ENDS[id]}`];
  });
  const counts = TASKS.flatMap((id) => {
    const own = all.filter(({ task }) => task === id);
    return own.length === 1 ? [] : [`I2: ${id} has ${own.length} pull requests`];
  });
  const branchOf = (id: string): string => all.find(({ task }) => task === id)?.branch ?? "nowhere";
  const places = { A: "main", B: "main", C: branchOf("C") };
  const files: string[] = [];
  for (const [id, place] of Object.entries(places)) {
    const text = await repo.gitIn(origin, "show", `${place}:src/${id}.txt`).catch(() => "nothing");
    if (!new RegExp(`^${id} round \\d$`).test(text)) files.push(`I1: src/${id}.txt on ${place} holds ${text}`);
  }
  const saved = Object.keys(await repo.refs()).filter((ref) => /^refs\/dispatch\/salvage\/b\//i.test(ref));
  const halves = await Promise.all(saved.map((ref) => repo.git("show", `${ref}:src/B.txt`).catch(() => "nothing")));
  if (!halves.includes("half")) files.push(`I3: what the first start of B wrote is saved as ${halves.join(", ")}`);
  const branches = Object.keys(await repo.refs(origin)).filter((ref) => ref.startsWith("refs/heads/"));
  const strays = branches.filter((ref) => !["main", branchOf("C"), branchOf("D")].includes(ref.slice(11)));
  return [...states, ...counts, ...files, ...strays.map((ref) => `${ref} is left on origin`)];
}

/** Of tasks that a human did something else with. */
const fates: Look = async (world, ledger) => {
  const views = foldTasks(await (await world.books()).facts());
  return [...ledger.fates].flatMap(([id, fate]) => {
    const state = views.get(id)?.state.name ?? "unknown";
    return state === fate ? [] : [`I1: a human had ${id} ${fate}, and it is ${state}`];
  });
};

/** I9: in logs, in the database, in git. */
async function secrets({ repo, home }: World): Promise<readonly string[]> {
  const places = [home, join(repo.dir, ".git"), join(repo.dir, ".work"), repo.origin ?? ""].filter(existsSync);
  // grep ends with 1 when it finds nothing.
  const found = await promisify(execFile)("grep", ["-rlsF", "--", PLANTED, ...places]).then(
    ({ stdout }) => stdout.trim().split("\n"),
    () => [],
  );
  return found.map((file) => `I9: a secret is in ${file}`);
}
