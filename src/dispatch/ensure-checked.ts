import type { CheckRun } from "../ports/checks.ts";
import { runChecksAt } from "./base-checks.ts";
import { keyOf, scopeOf } from "./bookends.ts";
import type { Episode } from "./episode.ts";
import { record, type Ports } from "./ports.ts";

interface Checked {
  readonly kind: "head" | "without_change";
  readonly commit: string;
  /** What is trusted: see `SetupRequest`. */
  readonly fork: string;
  readonly round: number;
}

/** Once per commit of an episode; what failed on a head is run again, for nobody kept what it said. */
export async function ensureChecked(
  ports: Ports,
  episode: Episode,
  { kind, commit, fork, round }: Checked,
  signal: AbortSignal,
): Promise<CheckRun> {
  const { task, lane, run, rules } = episode;
  const key = keyOf(episode, `checks/${kind}/${commit}`);
  const known = (await ports.journal.read({ key }))[0];
  if (known?.name === "checks.ran" && (kind !== "head" || known.data.exitCode === 0))
    return { ...known.data, tail: "" };
  const name = kind === "head" ? "head" : "without";
  const about = { task: task.id, name, commit, base: fork, lane, round };
  const ran = await runChecksAt(ports, { run, limits: rules.limits }, about, signal);
  const { command, exitCode, seconds } = ran;
  const data = { kind, commit, command, exitCode, seconds, round };
  await record(ports, scopeOf(episode), key, { name: "checks.ran", data });
  return ran;
}
