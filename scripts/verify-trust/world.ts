import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Danger } from "./danger.ts";
import { readSaid, watchMemory } from "./look.ts";
import { MEMORY_MB, OUTPUT_MB, SECRET } from "./dangers.ts";

export interface Profile {
  readonly name: string;
  readonly sandbox: "auto" | "off";
  /** The user that starts the product. */
  readonly uid: number;
}

export interface WorldOptions {
  readonly profile: Profile;
  readonly site: string;
  readonly dangers: readonly Danger[];
  readonly program: string;
  /** DISPATCH_HOME. */
  readonly state: string;
  /** What every attack knows beside the places of the site. */
  readonly targets: Readonly<Record<string, string>>;
}

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** See `watchMemory`. */
  readonly grownMb: number;
}

/** A repository with a bare origin, a home and agents, in which every danger is the task of one run. */
export interface World {
  readonly site: string;
  /** What its daemons sleep for: nobody else on this machine does. */
  readonly ages: string;
  dispatch(...args: readonly string[]): Promise<Ran>;
  /** The same, to be ended early. */
  start(...args: readonly string[]): { readonly pid: number; readonly ended: Promise<Ran> };
  /** As the user of the world; stdout, or null when it failed. */
  git(repository: string, ...args: readonly string[]): string | null;
  refs(repository: string): ReadonlyMap<string, string>;
  /** Path → what it is, of everything that is the user's. */
  print(): ReadonlyMap<string, string>;
}

const ATTACKS = fileURLToPath(new URL("attacks.sh", import.meta.url));
const SETUP = fileURLToPath(new URL("make-world.sh", import.meta.url));
let worlds = 0;
const PATIENCE_MS = 90_000;

export function makeWorld({ profile, site, dangers, program, state, targets }: WorldOptions): World {
  const { uid } = profile;
  const at = (name: string): string => join(site, name);
  const ages = `${process.pid}${String((worlds += 1)).padStart(3, "0")}9`;
  const places = {
    SITE: site,
    MAIN: at("checkout"),
    G: at("checkout/.git"),
    ORIGIN: at("origin.git"),
    EVIL: at("evil.git"),
  };
  const folders = { REALHOME: at("home"), PRIVATE: at("private"), OUT: at("out"), STATE: state };
  const variables = { ...places, ...folders, SECRET, CANARY: "canary-of-the-home", ...targets, AGES: ages };
  mkdirSync(at("agents"), { recursive: true });
  mkdirSync(at("checkout"));
  const script = (name: string, text: string): void =>
    writeFileSync(at(`agents/${name}.sh`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const known = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  script("coder", `${known.join("")}. "${at("agents")}/attacks.sh"`);
  script("attacks", readFileSync(ATTACKS, "utf8"));
  const sees = 'grep -q "honest $DISPATCH_TASK_ID" "$DISPATCH_INPUT"; echo "@ reviewer-sees $?"';
  script("reviewer", `${sees}\necho '{"verdict":"approve"}' > "$DISPATCH_RESULT"`);
  const network = dangers.some(({ world }) => world === "open") ? "open" : "none";
  const agent = (role: string) => ({ role, engine: "command", command: [at(`agents/${role}.sh`)], network });
  const hasReviewer = dangers.some(({ world }) => world === "review");
  const config = {
    forge: "local",
    sandbox: profile.sandbox,
    pipeline: hasReviewer ? ["code", "review"] : ["code"],
    agents: { coder: agent("coder"), ...(hasReviewer ? { reviewer: agent("reviewer") } : {}) },
    jobs: 4,
    attempts: dangers.some(({ world }) => world === "load") ? 1 : 2,
    limits: { wall: "40s", outputMb: OUTPUT_MB, memoryMb: MEMORY_MB },
    fanOut: { spawnSeconds: 0.1, taskSeconds: 60 },
  };
  writeFileSync(at("checkout/dispatch.jsonc"), JSON.stringify(config, null, 2));
  writeFileSync(at("checkout/BACKLOG.md"), dangers.map((danger) => itemOf(danger, at("out"))).join(""));
  need(spawnSync("chown", ["-R", `${uid}:${uid}`, site]));
  // Whatever git of ours meets what was planted, it is no work of the orchestrator: see `EXEC`.
  const plain = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: at("home"), LC_ALL: "C" };
  const env = { ...plain, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const checks = { ...env, DISPATCH_ROLE: "verify-trust", GIT_NO_REPLACE_OBJECTS: "1" };
  const who = { uid, gid: uid };
  need(spawnSync("sh", [SETUP, site], { ...who, env, encoding: "utf8" }));

  const git = (repository: string, ...args: readonly string[]): string | null => {
    const ran = spawnSync("git", ["-C", at(repository), ...args], { ...who, env: checks, encoding: "utf8" });
    return ran.status === 0 ? ran.stdout : null;
  };
  const start: World["start"] = (...args) => {
    const more = { ...env, DISPATCH_HOME: state, SHOP_TOKEN: SECRET };
    const child = spawn(process.execPath, [program, "--yes", ...args], { ...who, cwd: at("checkout"), env: more });
    child.stdin.end();
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    const ends = (["SIGTERM", "SIGKILL"] as const).map((signal, nth) =>
      setTimeout(() => child.kill(signal), PATIENCE_MS + nth * 10_000),
    );
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program} could not be started`);
    const memory = watchMemory(pid, () => dangers.some(({ id }) => readSaid(state, id).has("begin")));
    const ended = once(child, "close").then(([code]) => {
      for (const timer of ends) clearTimeout(timer);
      return { code: code as number | null, ...said, grownMb: memory.stop() };
    });
    return { pid, ended };
  };
  return {
    site,
    ages,
    git,
    refs: (repository) =>
      new Map(
        (git(repository, "for-each-ref", "--format=%(refname) %(objectname)") ?? "")
          .split("\n")
          .filter(Boolean)
          .map((line) => line.split(" ") as [string, string]),
      ),
    print: () => new Map(["checkout", "topic", "home", "private"].flatMap((name) => print(site, name))),
    dispatch: async (...args) => await start(...args).ended,
    start,
  };
}

function need({ status, stderr }: { readonly status: number | null; readonly stderr: string | Buffer }): void {
  if (status !== 0) throw new Error(`the world could not be made: ${String(stderr)}`);
}

function itemOf({ id, text = "" }: Danger, out: string): string {
  const more = text.replaceAll("OUT", out);
  return `- [ ] Try ${id} ${more}<!-- id: ${id} -->\n  ${more}\n`;
}

/** What the product says that it keeps there itself (docs/contract.md §6), and objects, which are named by what they hold. */
const OURS =
  /^checkout\/(\.work|\.git\/(objects|worktrees|dispatch|skip-auto-rebase-watcher|(logs\/)?refs\/(dispatch|heads\/dispatch)))(\/|$)/;

function print(site: string, path: string): readonly (readonly [string, string])[] {
  if (OURS.test(path)) return [];
  const stat = lstatSync(join(site, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isDirectory()) return readdirSync(join(site, path)).flatMap((name) => print(site, `${path}/${name}`));
  if (stat.isSymbolicLink()) return [[path, readlinkSync(join(site, path))]];
  if (!stat.isFile()) return [[path, "special"]];
  const text = readFileSync(join(site, path), "latin1");
  // One line of it hides our folder.
  const kept = path.endsWith("/info/exclude") ? text.replaceAll(/^.*\.work.*\n/gm, "") : text;
  return [[path, createHash("sha256").update(`${stat.mode} ${kept}`).digest("hex")]];
}
