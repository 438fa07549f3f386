/**
 * `npm run verify:crash [-- --only EFFECT,DEED,… --random N --seed N --jobs N --json]`: every side effect × {before, done
 * but not recorded, recorded} × `kill -9` of the dispatcher, other deeds (deeds.ts) at moments where they matter, and
 * every invariant looked at after the command was typed again; then N random pairs of such faults. `--only none` leaves
 * the matrix out, `--fault F,F` walks with these alone. Exit 1 when anything did not hold, or a moment never came.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { deedOf } from "./deeds.ts";
import { canMount, MOUNTS } from "./disks.ts";
import { type Fault, nameOf, parseFault } from "./fault.ts";
import { EXHAUSTIVE, pack, pairs } from "./matrix.ts";
import { isMissed, report, type Row, tell } from "./report.ts";
import { walk, type Planned } from "./walk.ts";
import { makeWorld } from "./world.ts";

interface Walk {
  readonly planned: readonly Planned[];
  /** Its moments need not come. */
  readonly isPair: boolean;
  /** In a walk of its own: if its moment does not come here, it never does. */
  readonly isAlone: boolean;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    fault: { type: "string" },
    random: { type: "string", default: "0" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
    jobs: { type: "string", short: "j", default: "3" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});

/** Disks that can be full are mounted where nobody else sees them. */
const [UNSHARE, ...OWN_MOUNTS] = ["unshare", "--mount"] as const;
if (process.env[MOUNTS] === undefined) {
  const may = spawnSync(UNSHARE, [...OWN_MOUNTS, "mount", "-t", "tmpfs", "none", tmpdir()]).status === 0;
  const again = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, [MOUNTS]: may ? "yes" : "no" };
  const { status } = may
    ? spawnSync(UNSHARE, [...OWN_MOUNTS, process.execPath, ...again], { stdio: "inherit", env })
    : spawnSync(process.execPath, again, { stdio: "inherit", env });
  process.exit(status ?? 1);
}

const EMPTY = { hit: null, problems: [], recoverySeconds: null };
const began = performance.now();
const base = realpathSync(mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dispatch-crash-")));
// The server of a database that root has is another user's.
chmodSync(base, 0o711);
process.env["TMPDIR"] = base;
const queue: Walk[] = [
  ...chosen(),
  ...pairs(Number(values.random), Number(values.seed)).map((planned) => ({ planned, isPair: true, isAlone: false })),
];
const rows: Row[] = [];
await Promise.all(Array.from({ length: Number(values.jobs) }, (_, lane) => work(join(base, `home-${lane}`))));
rmSync(base, { recursive: true, force: true });
const seconds = (performance.now() - began) / 1000;
process.exitCode = report(rows, { json: values.json, seed: Number(values.seed), seconds });

function chosen(): readonly Walk[] {
  if (values.fault !== undefined) return [alone(values.fault.split(",").map(parseFault))];
  const only = values.only?.split(",");
  const faults = EXHAUSTIVE.filter(
    ({ effect, deed }) => only === undefined || only.includes(effect) || only.includes(deed),
  );
  return pack(faults).map((planned) => ({ planned, isPair: false, isAlone: false }));
}

function alone(faults: readonly Fault[]): Walk {
  return {
    planned: faults.map((fault) => ({ fault, steps: [0, Infinity], again: true })),
    isPair: false,
    isAlone: true,
  };
}

async function work(home: string): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const found = await look(next, home);
    const missed = next.isPair || next.isAlone ? [] : found.filter(isMissed);
    // One that came before it in the same walk left nothing for it to strike.
    queue.push(...missed.map(({ fault }) => alone([parseFault(fault)])));
    const told = found.filter((row) => !missed.includes(row));
    rows.push(...told);
    if (!values.json) told.forEach(tell);
  }
}

async function look({ planned, isPair }: Walk, home: string): Promise<readonly Row[]> {
  const faults = planned.map(({ fault }) => fault);
  const [disk = null] = faults.flatMap(({ deed }) => deedOf(deed).disk ?? []);
  if (disk !== null && !canMount())
    return faults.map((one) => ({ ...EMPTY, fault: nameOf(one), isPair, isSkipped: true }));
  const clock = faults.some(({ deed }) => deed.startsWith("clock"));
  // A disk is an empty one's.
  const folder = disk === "state" ? `${home}-disk` : home;
  try {
    await using world = await makeWorld({ program: values.program, home: folder, disk, clock });
    const told = await walk(world, planned);
    return told.map((one) => ({ ...one, isPair, isSkipped: false }));
  } catch (error) {
    const problems = [saying(error)];
    return [{ ...EMPTY, fault: faults.map(nameOf).join(" + "), problems, isPair, isSkipped: false }];
  }
}

/** What came on the way out of an `await using` hides what was first. */
function saying(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { error: last, suppressed } = error as { readonly error?: unknown; readonly suppressed?: unknown };
  if (suppressed === undefined) return error.stack ?? error.message;
  return `${saying(suppressed)}; then ${saying(last)}`;
}
