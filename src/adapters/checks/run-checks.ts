import type { CheckRequest, CheckRun, Checks, SetupRun } from "../../ports/checks.ts";
import { privateEnvironment } from "../process/environment.ts";
import { requireMounts } from "../process/mounts.ts";
import { commandList, runShellLines, shown } from "./shell-lines.ts";
import type { ChecksOptions } from "./checks-options.ts";
import { openSetup } from "./setup.ts";

export function openChecks(options: ChecksOptions): Checks {
  const lines = commandList(options.config.checks);
  const setup = openSetup(options);
  // Also where no tester runs them (on the base, without the change): what differs would not be comparable.
  const [where, tester] = Object.entries(options.config.agents).find(([, { engine }]) => engine === "checks") ?? [];
  const network = tester?.network === "open" ? ("open" as const) : ("none" as const);
  const reads = requireMounts(tester?.mounts ?? [], options.configDir, `agents.${where}.mounts`);

  const runLines = async (request: CheckRequest, signal: AbortSignal): Promise<CheckRun> => {
    const { cwd, scratch, logFile, wallSeconds, outputMb } = request;
    const env = { ...(await privateEnvironment(scratch)), CI: "1" };
    const ran = await runShellLines(lines, {
      ...options,
      cwd,
      env,
      compartment: { scratch, network, reads, writes: [] },
      logFile,
      limits: { wallSeconds, outputMb },
      signal,
    });
    return { command: shown(lines), ...ran };
  };

  return {
    command: lines.length === 0 ? null : shown(lines),
    ...setup,
    async run(request, signal) {
      const prepared = await setup.prepare(request, signal);
      if (prepared === null) return runLines(request, signal);
      if (prepared.exitCode !== 0) return asCheckRun(prepared);
      return { ...(await runLines(request, signal)), setup: prepared };
    },
  };
}

/** Without what `setup` installs the checks would say nothing about the change. */
function asCheckRun(setup: SetupRun): CheckRun {
  const { command, exitCode, seconds, tail, stopped } = setup;
  return { command, exitCode, seconds, tail, setup, ...(stopped === undefined ? {} : { stopped }) };
}
