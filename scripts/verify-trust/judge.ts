import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TaskResult } from "../../src/dispatch/report.ts";
import type { After, Danger } from "./danger.ts";
import { kill, logsOf, processesOf, readSaid } from "./look.ts";
import { type Profile, type Ran, type World, makeWorld, type WorldOptions } from "./world.ts";

export interface Verdict {
  readonly word: "held" | "BROKEN" | "falls (expected)" | "not run" | "skipped";
  /** What was seen, or why not. */
  readonly seen: string;
}

/** `<danger> agent | ours` → verdict. */
export type Verdicts = Map<string, Verdict>;

/** Runs all dangers of a world and judges what became of it. */
export async function judgeWorld(options: WorldOptions): Promise<Verdicts> {
  const { dangers, profile } = options;
  const world = makeWorld(options);
  const before = {
    print: world.print(),
    refs: { checkout: world.refs("checkout"), "origin.git": world.refs("origin.git") },
  };
  const run = await world.dispatch("--json", "run");
  const now = world.print();
  const changed = [...new Set([...before.print.keys(), ...now.keys()])].filter(
    (path) => before.print.get(path) !== now.get(path),
  );
  const tasks = resultsOf(run);
  const movedRefs: After["movedRefs"] = (of) => {
    const [was, is] = [before.refs[of], world.refs(of)];
    return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  };
  const seen = dangers.map((danger) => {
    const task = tasks?.find(({ id }) => id === danger.id) ?? null;
    const { grownMb } = run;
    const after: After = { ...afterOf(world, options.state, danger, task), changed, movedRefs, grownMb };
    const why = tasks === null ? `exit ${run.code}: ${run.stderr.trim().split("\n").at(-1) ?? ""}` : null;
    return { danger, after, control: why ?? controlOf(danger, after, world, task) };
  });
  // Our git goes on beside what was planted.
  if (dangers.some(({ world: name }) => name === "planted" || name === "admin")) await useOn(world, dangers[0]!.id);
  if (tasks === null) await world.dispatch("status");
  const verdicts: Verdicts = new Map();
  for (const { danger, after, control } of seen) {
    const reached = danger.reach === undefined ? null : await danger.reach(after);
    if (danger.reach !== undefined)
      verdicts.set(`${danger.id} agent`, agentVerdict(profile, reached, control, fallsOf(danger, profile)));
    if (danger.ours !== undefined) verdicts.set(`${danger.id} ours`, await ourVerdict(danger, after, control));
  }
  for (const pid of processesOf(world.ages)) kill(pid);
  const { world: name = "calm" } = dangers[0]!;
  const touched = changed.length === 0 ? null : changed.slice(0, 4).join(", ");
  const why = tasks === null && run.code !== null ? `exit ${run.code}` : null;
  verdicts.set(`W-${name} agent`, agentVerdict(profile, touched, why));
  return verdicts;
}

function resultsOf({ stdout }: Ran): readonly TaskResult[] | null {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith('{"type":"result"')) return null;
  return (JSON.parse(last) as { readonly tasks: readonly TaskResult[] }).tasks;
}

const fallsOf = ({ falls, fallsForRoot }: Danger, { uid }: Profile): string | undefined =>
  falls ?? (uid === 0 ? fallsForRoot : undefined);

function agentVerdict(
  { sandbox }: Profile,
  reached: string | null,
  control: string | null,
  falls = sandbox === "off" ? "there is no fence" : null,
): Verdict {
  if (reached !== null) return { word: falls === null ? "BROKEN" : "falls (expected)", seen: reached };
  return control === null ? { word: "held", seen: "" } : { word: "not run", seen: control };
}

async function ourVerdict(danger: Danger, after: After, control: string | null): Promise<Verdict> {
  const executed = after.read(`out/executed-${danger.id}`).split("\n")[0] ?? "";
  if (executed !== "") return { word: "BROKEN", seen: `executed by us: ${executed}` };
  const harm = (await danger.never?.(after)) ?? null;
  if (harm !== null) return { word: "BROKEN", seen: harm };
  if (control !== null && (after.state === null || !after.said.has("end"))) return { word: "not run", seen: control };
  const own = typeof danger.ours === "function" ? await danger.ours(after) : null;
  if (own !== null) return { word: "BROKEN", seen: own };
  const rewritten = after.published.get("\0history");
  if (rewritten !== undefined) return { word: "BROKEN", seen: rewritten };
  if (danger.ends !== undefined && after.published.size > 0) return { word: "BROKEN", seen: "it was published" };
  // The agent did all of its part: that its work is not where it has to be is for us to answer.
  if (control !== null) return { word: "BROKEN", seen: control };
  return { word: "held", seen: danger.figure?.(after) ?? "" };
}

/** null: the attack was made to its end and the honest work came out, or was withheld as it has to be; else what is missing. */
function controlOf(
  { id, ends, orRefused = [] }: Danger,
  after: After,
  world: World,
  task: TaskResult | null,
): string | null {
  if (!after.said.has("begin")) return "the agent was not started";
  if (!after.said.has("end")) return "the attack did not come to its end";
  const honest = (text: string | null | undefined): boolean => text === `honest ${id}\n`;
  const code = after.reason.split(":")[0] ?? "";
  if (after.state === "ready-for-human" && ends === undefined)
    return honest(after.published.get(`files/${id}.txt`)) ? null : "the honest work is not in the pull request";
  if (ends === undefined && orRefused.includes(code)) return null;
  if (after.state !== "needs-human" || code !== ends) return `the task is ${after.state}: ${after.reason}`;
  const kept = [`refs/heads/${task?.branch}`, ...[1, 2].map((n) => `refs/dispatch/salvage/${id}/${n}`)];
  const isKept = kept.some((ref) => honest(world.git("checkout", "show", `${ref}:files/${id}.txt`)));
  return isKept ? null : "the withheld work was not kept";
}

function afterOf(
  world: World,
  state: string,
  { id }: Danger,
  task: TaskResult | null,
): Omit<After, "changed" | "movedRefs" | "grownMb"> {
  const at = (path: string): string => join(world.site, path);
  const read = (path: string): string => (existsSync(at(path)) ? readFileSync(at(path), "utf8") : "");
  return {
    state: task?.state ?? null,
    reason: task?.reason ?? "",
    said: readSaid(state, id),
    published: readPublished(world, task?.branch ?? ""),
    pullRequests: readPullRequests(world),
    refs: world.refs,
    read,
    git: (...args) => world.git("checkout", ...args) !== null,
    dispatch: async (...args) => (await world.dispatch(...args)).stdout,
    daemons: () => processesOf(world.ages),
    logsMb: logsOf(state, id).map((file) => Math.round(statSync(file).size / 1024 ** 2)),
    count: (folder) => readdirSync(at(folder), { recursive: true }).length,
    holding: (folder, text) =>
      spawnSync("grep", ["-rlsF", "--", text, at(folder)], { encoding: "utf8" })
        .stdout.split("\n")
        .filter(Boolean),
  };
}

/** What the one commit of a task holds; another history is told under a name that no file has. */
function readPublished(world: World, branch: string): ReadonlyMap<string, string> {
  const ref = `refs/heads/${branch}`;
  const git = (...args: readonly string[]): string => world.git("origin.git", ...args) ?? "";
  const commits = git("rev-list", "--parents", ref, "--not", "main").trim().split("\n").filter(Boolean);
  if (commits.length === 0) return new Map();
  const paths = git("ls-tree", "-r", "-z", "--name-only", ref).split("\0").filter(Boolean);
  const files = new Map(paths.map((path) => [path, git("show", `${ref}:${path}`)]));
  return commits.length === 1 ? files : files.set("\0history", `${commits.length} commits were published`);
}

function readPullRequests(world: World): string {
  const refs = [...world.refs("origin.git").keys()].filter((name) => name.startsWith("refs/dispatch/pr/"));
  return refs.map((ref) => world.git("origin.git", "show", `${ref}:event.json`) ?? "").join("\n");
}

/** What a user does next, on a repository in which agents planted things. */
async function useOn(world: World, id: string): Promise<void> {
  for (const args of [["status"], ["diff", id], ["approve", id], ["merge", id], ["run"], ["clean"]])
    await world.dispatch(...args);
}
