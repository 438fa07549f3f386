import type { CheckRequest, CheckRun, Checks, SetupRun } from "../../ports/checks.ts";
import { privateEnvironment } from "../process/environment.ts";
import { commandList, runShellLines, shown } from "./shell-lines.ts";
import type { ChecksOptions } from "./checks-options.ts";
import { openSetup } from "./setup.ts";

export function openChecks(options: ChecksOptions): Checks {
  const lines = commandList(options.config.checks);
  const setup = openSetup(options);

  const runLines = async (request: CheckRequest, signal: AbortSignal): Promise<CheckRun> => {
    const { cwd, scratch, logFile, wallSeconds, outputMb } = request;
    const env = { ...(await privateEnvironment(scratch)), CI: "1" };
    const ran = await runShellLines(lines, {
      ...options,
      cwd,
      env,
      logFile,
      limits: { wallSeconds, outputMb },
      signal,
    });
    return { command: shown(lines), ...ran };
  };

  return {
    command: lines.length === 0 ? null : shown(lines),
    prepare: setup,
    async run(request, signal) {
      const prepared = await setup(request, signal);
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
