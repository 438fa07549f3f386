import type { Steps } from "../ports/steps.ts";
import { record, type Ports, type Settings } from "./ports.ts";
import { preparation } from "./prepare.ts";
import type { Episode } from "./episode.ts";
import { roleBranch } from "../domain/branch-name.ts";
import type { CheckRun } from "../ports/checks.ts";

/** Once per base commit and command: a base that is red is known before anything is spawned. */
export async function ensureBaseChecked(
  ports: Ports,
  settings: Pick<Settings, "run" | "limits">,
  base: string,
  signal: AbortSignal,
): Promise<CheckRun | null> {
  const { command } = ports.checks;
  if (command === null) return null;
  const key = `checks/base/${base}/${ports.hash(command).slice(0, 16)}`;
  const known = (await ports.journal.read({ key }))[0];
  if (known?.name === "checks.ran") return { ...known.data, tail: "" };
  const ran = await runChecksAt(
    ports,
    settings,
    { task: "base", name: "base", commit: base, base, lane: 0, round: 0 },
    signal,
  );
  await record(ports, { run: settings.run, task: null, episode: 0 }, key, {
    name: "checks.ran",
    data: { kind: "base", commit: base, command, exitCode: ran.exitCode, seconds: ran.seconds, round: 0 },
  });
  return ran;
}

export async function isBaseRed(ports: Ports, steps: Steps, episode: Episode, round: number): Promise<boolean> {
  const ran = await steps.run(`base-checks-${round}`, (signal) =>
    ensureBaseChecked(ports, { run: episode.run, limits: episode.rules.limits }, episode.base.commit, signal),
  );
  return ran !== null && ran.exitCode !== 0;
}

export interface CheckPlace {
  readonly task: string;
  readonly name: string;
  readonly commit: string;
  /** What is trusted: see `SetupRequest`. */
  readonly base: string;
  readonly lane: number;
  readonly round: number;
}

/** The user's checks on a committed tree, in a tester's worktree of their own. */
export async function runChecksAt(
  ports: Ports,
  settings: Pick<Settings, "run" | "limits">,
  place: CheckPlace,
  signal: AbortSignal,
): Promise<CheckRun> {
  const { commit, base, lane, task } = place;
  const about = { commit, base, owner: `${task}/${place.name}` };
  await using worktree = await ports.worktrees.acquire({
    holder: `${task}/${place.name}`,
    run: settings.run,
    task,
    role: "tester",
    lane,
    commit,
    branch: roleBranch("tester", `${task}-${place.name}`, place.round),
    preparation: preparation(ports, about, signal),
  });
  const scratch = await ports.paths.makeScratch(`${task}-${place.name}`);
  const logFile = ports.paths.logFile(task, `checks-${place.name}`);
  const { wallSeconds, outputMb } = settings.limits;
  const ran = await ports.checks.run({ ...about, cwd: worktree.path, scratch, logFile, wallSeconds, outputMb }, signal);
  await ports.paths.dropScratch(scratch);
  return ran;
}
