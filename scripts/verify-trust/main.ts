/**
 * `npm run verify:trust [-- --json] [--only ID,ID] [--keep]`: really attacks, through the built command line, and
 * prints what held: danger × profile. Exit 1 when anything is broken, or was to be proven and could not.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Danger } from "./danger.ts";
import { DANGERS } from "./dangers.ts";
import { judgeEnd } from "./judge-end.ts";
import { judgeWorld, type Verdict, type Verdicts } from "./judge.ts";
import { kill } from "./look.ts";
import { processesLeft } from "../trial/check.ts";
import { printMatrix } from "./matrix.ts";
import type { Profile } from "./world.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    only: { type: "string" },
    uid: { type: "string", default: "65534" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
const FENCE = "bwrap";
/** The world whose attack would be felt in all others. */
const ALONE = "bomb";
/** Those after which a server of ours may be left. */
const OWN_STATE = ["kill", "crash"];
const root = fileURLToPath(new URL("../..", import.meta.url));
const only = values.only?.split(",");
const dangers = DANGERS.filter(({ id }) => only?.includes(id) ?? true);
const tried = dangers.filter(({ skip }) => skip === undefined);

if (process.argv.every((one) => !one.startsWith("--program"))) {
  const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) throw new Error("npm run build failed");
}

const base = realpathSync(mkdtempSync(join(tmpdir(), "dispatch-trust-")));
chmodSync(base, 0o755);
const abstract = `${base}-socket`;
const servers = [await listen({ port: 0, host: "127.0.0.1" }), await listen({ path: `\0${abstract}` })];
const port = (servers[0]!.address() as { readonly port: number }).port;

const began = performance.now();
const ownUid = process.getuid?.() ?? 0;
const otherUid = Number(values.uid);
const uids = [...new Set([0, ownUid === 0 ? otherUid : ownUid])];
const profiles = uids.flatMap((uid): readonly Profile[] => [
  { name: `fence, ${uid === 0 ? "root" : "user"}`, sandbox: "auto", uid },
  { name: `no fence, ${uid === 0 ? "root" : "user"}`, sandbox: "off", uid },
]);
// All dangers of one name in one repository; what destroys most has one of its own.
const worlds = [...new Set(tried.map(({ world = "calm" }) => world))].map(
  (name) => [name, tried.filter(({ world = "calm" }) => world === name)] as const,
);
const results = new Map<Profile, Verdicts>(profiles.map((profile) => [profile, new Map()]));
await Promise.all(
  profiles.map(async (profile) => {
    const why = whyNot(profile);
    if (why !== null) return skip(profile, why);
    // One after the other: their repositories share a server, as those of a user do.
    for (const [name, tasks] of worlds) if (name !== ALONE) await runWorld(profile, name, tasks);
  }),
);
for (const mode of ["auto", "off"])
  await Promise.all(
    profiles.map(async (profile) => {
      if (profile.sandbox !== mode || whyNot(profile) !== null) return;
      for (const [name, tasks] of worlds) if (name === ALONE) await runWorld(profile, name, tasks);
    }),
  );
for (const profile of profiles)
  for (const { skip: why, ...danger } of dangers)
    if (why !== undefined)
      for (const row of rowsOf(danger)) results.get(profile)!.set(row, { word: "skipped", seen: why });
compareWithOpen();
for (const server of servers) server.close();
const left = await processesLeft(base);
for (const one of left) kill(Number(one.split(" ")[0]));
if (!values.keep) rmSync(base, { recursive: true, force: true });
const seconds = Math.round((performance.now() - began) / 1000);
const isGood = printMatrix({ dangers, profiles, results, seconds, json: values.json, left });
process.exitCode = isGood ? 0 : 1;

async function runWorld(profile: Profile, name: string, tasks: readonly Danger[]): Promise<void> {
  const folder = join(base, profile.name.replaceAll(/\W+/g, "-"));
  const site = join(folder, name);
  const host = join(folder, "host");
  const state = join(folder, OWN_STATE.includes(name) ? `state-${name}` : "state");
  for (const one of [site, state, host])
    if (mkdirSync(one, { recursive: true }) !== undefined) chownSync(one, profile.uid, profile.uid);
  writeFileSync(join(host, "note"), "note\n");
  const targets = { PORT: `${port}`, ABSTRACT: abstract, HOSTTMP: host };
  const { program } = values;
  try {
    const world = { profile, site, dangers: tasks, program, state, targets };
    const [first] = tasks;
    const verdicts = first?.signal === undefined ? await judgeWorld(world) : await judgeEnd(world, first);
    for (const [row, verdict] of verdicts) results.get(profile)!.set(row, verdict);
  } catch (error) {
    for (const row of rowsOfWorld(name, tasks))
      results.get(profile)!.set(row, { word: "not run", seen: String(error) });
  }
}

function rowsOf({ id, reach, ours }: Danger): readonly string[] {
  return [...(reach === undefined ? [] : [`${id} agent`]), ...(ours === undefined ? [] : [`${id} ours`])];
}

/** What is everybody's is not compared where we are killed in the midst. */
function rowsOfWorld(name: string, tasks: readonly Danger[]): readonly string[] {
  return [...tasks.flatMap(rowsOf), ...(tasks.some(({ signal }) => signal !== undefined) ? [] : [`W-${name} agent`])];
}

function skip(profile: Profile, why: string): void {
  const rows = worlds.flatMap(([name, tasks]) => rowsOfWorld(name, tasks));
  for (const row of rows) results.get(profile)!.set(row, { word: "skipped", seen: why });
}

/** Why a profile cannot be tried on this machine. */
function whyNot({ sandbox, uid }: Profile): string | null {
  if (process.platform !== "linux") return "the fence and the table of processes are Linux";
  if (uid !== ownUid && ownUid !== 0) return "only root can be somebody else";
  if (sandbox === "off") return null;
  const args = ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"];
  const { status, stderr, error } = spawnSync(FENCE, args, { uid, gid: uid, cwd: "/", encoding: "utf8" });
  return status === 0 ? null : `no bubblewrap that works: ${error?.message ?? stderr.trim()}`;
}

/** An attack that gets nowhere without a fence says nothing about the fence. */
function compareWithOpen(): void {
  for (const fenced of profiles.filter(({ sandbox }) => sandbox === "auto")) {
    const open = profiles.find(({ sandbox, uid }) => sandbox === "off" && uid === fenced.uid)!;
    for (const row of dangers.flatMap(rowsOf).filter((one) => one.endsWith(" agent"))) {
      const verdict: Verdict | undefined = results.get(fenced)!.get(row);
      const twin = results.get(open)!.get(row);
      if (verdict?.word === "held" && twin?.word !== "falls (expected)")
        results
          .get(fenced)!
          .set(row, { word: "not run", seen: `the attack fails without a fence, too: ${twin?.seen}` });
    }
  }
}

async function listen(
  where: { readonly port: number; readonly host: string } | { readonly path: string },
): Promise<Server> {
  const server = createServer((socket) => void socket.on("error", () => undefined).end());
  server.listen(where);
  await once(server, "listening");
  return server;
}
