/**
 * A trial on a real repository: its own newest commits become a backlog, command agents make them again, and every
 * promise that can be checked from outside is checked. `tsx scripts/trial/main.ts SOURCE DIR [--tasks 12] [-j 6] [--checks CMD]`.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import type { StatusReport } from "../../src/dispatch/status.ts";
import { printCheckout } from "../../test/support/git-repo.ts";
import { writeAgents } from "./agents.ts";
import { comparePullRequests, type ListedPullRequest, processesLeft } from "./check.ts";
import { git, makeRepository, pickTasks, type Recorded } from "./from-history.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tasks: { type: "string", default: "12" },
    jobs: { type: "string", short: "j", default: "6" },
    merge: { type: "string", default: "4" },
    checks: { type: "string" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
const [source, target] = positionals;
if (source === undefined || target === undefined) throw new Error("usage: trial SOURCE DIR [--tasks N] [-j N]");
const dir = resolve(target);
const problems: string[] = [];

await mkdir(dir, { recursive: true, mode: 0o755 });
const scratch = await mkdtemp(join(tmpdir(), "dispatch-trial-"));
const { base, tasks } = await pickTasks(resolve(source), Number(values.tasks), scratch);
const checkout = await makeRepository(resolve(source), base, dir);
await configure(tasks);
const before = await printCheckout(checkout);
console.log(`${tasks.length} tasks on ${base}, load ${load()}`);

if ((await timedRun("first run")) === 2) throw new Error(problems.join("\n"));
await expectStates(tasks, "ready-for-human");
problems.push(...(await comparePullRequests(join(dir, "origin.git"), tasks, await pullRequests())));
await expectUntouched("the first run");

const merged: string[] = [];
for (const { id } of tasks.slice(0, Number(values.merge))) {
  await dispatch(["approve", id]);
  const { exitCode, stderr } = await dispatch(["merge", id]);
  if (exitCode === 0) merged.push(id);
  else problems.push(`merge ${id}: exit ${exitCode}: ${stderr.trim()}`);
}
await expectUntouched("the merges");
await timedRun("second run");
const left = await expectStates(
  tasks.filter(({ id }) => !merged.includes(id)),
  "ready-for-human",
  "parked",
);
console.log(`merged ${merged.join(", ")}; left ${left.join(", ")}`);
await expectUntouched("the second run");

console.log(problems.length === 0 ? "everything is as promised" : problems.join("\n"));
process.exitCode = problems.length === 0 ? 0 : 1;

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

async function configure(all: readonly Recorded[]): Promise<void> {
  const { coder, reviewer } = await writeAgents(dir, all);
  const agent = (role: string, program: string) => ({ role, engine: "command", command: [program] });
  const { checks } = values;
  const config = {
    backlog: [{ markdown: "BACKLOG.md" }],
    ...(checks === undefined ? {} : { checks }),
    agents: {
      coder: agent("coder", coder),
      reviewer: agent("reviewer", reviewer),
      ...(checks === undefined ? {} : { tester: { role: "tester", engine: "checks" } }),
    },
  };
  await writeFile(join(checkout, "dispatch.jsonc"), `${JSON.stringify(config, null, 2)}\n`);
  await writeFile(join(checkout, "BACKLOG.md"), `# Backlog\n\n${all.map(item).join("\n")}`);
  await git(checkout, ["add", "dispatch.jsonc", "BACKLOG.md"]);
  const author = ["-c", "user.name=trial", "-c", "user.email=trial@localhost", "-c", "commit.gpgSign=false"];
  await git(checkout, [...author, "commit", "--quiet", "--no-verify", "-m", "A backlog"]);
  await git(checkout, ["push", "--quiet", "--no-verify", "origin", "main"]);
}

/** Boxes in a commit's own text would be sub-tasks, and its comments keys. */
function item({ id, title, body, files }: Recorded): string {
  const plain = (text: string): string => text.replace(/\[[ xX]?\]/g, "").replace(/<!--|-->/g, "");
  const named = files.filter((path) => /^[\w./-]+$/.test(path));
  const keys = named.length === files.length ? ` files: ${named.join(",")}` : "";
  const lines = plain(body).split("\n");
  const indented = lines.map((line) => (line.trim() === "" ? "" : `  ${line}`)).join("\n");
  return `- [ ] ${plain(title)} <!-- id: ${id}${keys} -->\n${indented}\n`;
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function dispatch(args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const env = { ...process.env, DISPATCH_HOME: join(dir, "home") };
    const child = spawn(process.execPath, [values.program, "--yes", ...args], { cwd: checkout, env });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.on("close", (exitCode) => done({ exitCode, ...said }));
  });
}

async function timedRun(name: string): Promise<number | null> {
  const began = performance.now();
  const { exitCode, stdout, stderr } = await dispatch(["run", "-j", values.jobs]);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`-- ${name}: exit ${exitCode}, ${seconds} s, load ${load()}\n${stdout}`);
  if (exitCode !== 0) problems.push(`${name}: exit ${exitCode}: ${stderr}`);
  await writeFile(join(dir, `${name.replace(" ", "-")}.log`), `${stderr}\n${stdout}`);
  return exitCode;
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await dispatch(["--json", ...args]);
  if (exitCode !== 0) throw new Error(`dispatch ${args.join(" ")}: exit ${exitCode}: ${stderr}`);
  // Our own program's answer, whose shape docs/contract.md §7 promises.
  return JSON.parse(stdout) as T;
}

function pullRequests(): Promise<readonly ListedPullRequest[]> {
  return json(["pr", "list"]);
}

async function expectStates(expected: readonly Recorded[], ...states: readonly string[]): Promise<readonly string[]> {
  const report = await json<StatusReport>(["status"]);
  return expected.map(({ id }) => {
    const task = report.tasks.find((one) => one.id === id);
    if (!states.includes(task?.state ?? "")) problems.push(`${id} is ${task?.state}: ${task?.reason ?? "no reason"}`);
    return `${id} ${task?.state}`;
  });
}

async function expectUntouched(after: string): Promise<void> {
  const now = await printCheckout(checkout);
  if (!isDeepStrictEqual(now, before))
    problems.push(`after ${after} the checkout is not what it was: ${JSON.stringify({ before, now }, null, 1)}`);
  const processes = await processesLeft(dir);
  if (processes.length > 0) problems.push(`after ${after} there are left: ${processes.join("; ")}`);
}
