/**
 * `npm run verify:crash [-- --only EFFECT,EFFECT --random N --seed N --jobs N --json]`: every side effect × {before,
 * done but not recorded, recorded} × `kill -9` of the dispatcher, the command typed again, and every invariant
 * looked at; then N random pairs of such faults. Exit 1 when anything did not hold, or a moment never came.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EFFECT_NAMES, EFFECTS, type EffectName } from "../../src/domain/effect.ts";
import { walk, type Told } from "./scenario.ts";
import { makeWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    random: { type: "string", default: "0" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
    jobs: { type: "string", short: "j", default: "3" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
if (process.argv.every((one) => !one.startsWith("--program"))) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  if (spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" }).status !== 0)
    throw new Error("npm run build failed");
}

const began = performance.now();
const base = realpathSync(mkdtempSync(join(tmpdir(), "dispatch-crash-")));
const cells = [...matrix(values.only?.split(",")), ...pairs(Number(values.random), Number(values.seed))];
const results = new Map<readonly string[], Told>();
const queue = [...cells];
await Promise.all(Array.from({ length: Number(values.jobs) }, (_, lane) => work(join(base, `home-${lane}`))));
rmSync(base, { recursive: true, force: true });
report();

/** Where nothing is written down afterwards, `recorded` is the same moment as `after`. */
function matrix(only: readonly string[] | undefined): readonly (readonly string[])[] {
  return EFFECT_NAMES.filter((name) => only?.includes(name) ?? true).flatMap((name) =>
    (["before", "after", "recorded"] as const)
      .filter((at) => at !== "recorded" || EFFECTS[name].length > 0)
      .map((at) => [`${name}:1:${at}:kill`]),
  );
}

function pairs(count: number, seed: number): readonly (readonly string[])[] {
  let state = seed >>> 0;
  const dice = (sides: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
  const one = (): string => {
    const name = EFFECT_NAMES[dice(EFFECT_NAMES.length)] as EffectName;
    return `${name}:${1 + dice(name === "event" ? 30 : 3)}:${["before", "after", "recorded"][dice(3)]}:kill`;
  };
  return Array.from({ length: count }, () => [one(), one()]);
}

async function work(home: string): Promise<void> {
  for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
    await using world = await makeWorld({ program: values.program, home });
    const told = await walk(world, cell).catch((error: unknown): Told => {
      return { hits: [], problems: [String(error)], recoverySeconds: [] };
    });
    results.set(cell, told);
    if (!values.json) line(cell, told);
  }
}

function line(cell: readonly string[], { hits, problems }: Told): void {
  const word = problems.length > 0 ? "BROKEN" : hits.length === 0 ? "not reached" : "held";
  process.stdout.write(`${cell.join(" + ").padEnd(60)} ${word.padEnd(12)} ${problems.join("; ") || hits.join(", ")}\n`);
}

function report(): void {
  const all = [...results];
  const broken = all.filter(([, { problems }]) => problems.length > 0).length;
  // Of a random pair not every moment comes; of the matrix every one must.
  const unreached = all.filter(([cell, { hits }]) => cell.length === 1 && hits.length === 0).length;
  const slowest = Math.max(0, ...all.flatMap(([, { recoverySeconds }]) => recoverySeconds));
  const seconds = Math.round((performance.now() - began) / 1000);
  const kills = all.reduce((sum, [, { hits }]) => sum + hits.length, 0);
  if (values.json) {
    const rows = all.map(([cell, told]) => ({ faults: cell, ...told }));
    process.stdout.write(`${JSON.stringify({ v: 1, seed: Number(values.seed), rows, broken, unreached, seconds })}\n`);
  } else {
    process.stdout.write(
      `${all.length} walks, ${kills} kills, ${broken} BROKEN, ${unreached} not reached; the slowest command after a kill took ${slowest.toFixed(1)} s; seed ${values.seed}, ${seconds} s\n`,
    );
  }
  process.exitCode = broken + unreached === 0 ? 0 : 1;
}
