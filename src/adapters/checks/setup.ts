import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { Checks, SetupRun } from "../../ports/checks.ts";
import { privateEnvironment, readVariables, requireHarmless } from "../process/environment.ts";
import { requireMounts } from "../process/mounts.ts";
import { differsFromBase, fingerprint, readManifests } from "./manifests.ts";
import type { ChecksOptions } from "./checks-options.ts";
import { readPlace } from "./setup-state.ts";
import { commandList, runShellLines, shown, worktreeGone } from "./shell-lines.ts";

/** What npm, pnpm and yarn understand as `--ignore-scripts`. */
const SCRIPTS_OFF = { npm_config_ignore_scripts: "true", YARN_ENABLE_SCRIPTS: "false" };

/** The user's `setup`: once per place and content of its manifests (docs/contract.md §9.20). */
export function openSetup(options: ChecksOptions): Checks["prepare"] {
  const { lines, names, network, mounts } = readSetup(options.config.setup);
  const { setupFolder, readBaseFile } = options;
  const command = shown(lines);
  requireHarmless(names, "setup.env");
  const reads = requireMounts(mounts, options.configDir, "setup.mounts");
  const cache = join(setupFolder, "npm-cache");

  const run = async (cwd: string, log: string, scriptsOff: boolean, signal: AbortSignal): Promise<SetupRun> => {
    await using scratch = await makeScratch(setupFolder);
    await mkdir(cache, { recursive: true });
    const env = {
      ...(await privateEnvironment(scratch.path)),
      ...readVariables(scriptsOff ? [] : names),
      ...(scriptsOff ? SCRIPTS_OFF : {}),
      CI: "1",
      npm_config_cache: cache,
    };
    const { wall: wallSeconds, outputMb } = options.config.limits;
    const logFile = join(setupFolder, "logs", `${log}.log`);
    const ran = await runShellLines(lines, {
      ...options,
      cwd,
      env,
      compartment: { scratch: scratch.path, network, reads, writes: [cache] },
      logFile,
      limits: { wallSeconds, outputMb },
      signal,
    });
    return { command, ran: true, scriptsOff, ...ran };
  };

  return async ({ cwd, base }, signal) => {
    if (lines.length === 0) return null;
    signal.throwIfAborted();
    const place = await readPlace(setupFolder, cwd).catch(goneOr(cwd));
    const manifests = await readManifests(cwd);
    const key = fingerprint(command, manifests);
    const isDone = place.done?.key === key;
    // What was installed with scripts on was trusted then; what was not may be by now.
    if (isDone && !place.done.scriptsOff) return doneBefore(command, false);
    const scriptsOff = await differsFromBase(manifests, (path) => readBaseFile(base, path));
    if (isDone && scriptsOff) return doneBefore(command, true);
    const ran = await run(cwd, place.name, scriptsOff, signal);
    if (ran.exitCode === 0) await place.write({ key, scriptsOff });
    return ran;
  };
}

function readSetup(setup: Config["setup"]) {
  if (setup === undefined || typeof setup === "string" || Array.isArray(setup)) {
    return { lines: commandList(setup), names: [], network: "open" as const, mounts: [] };
  }
  const { command, env: names, network, mounts } = setup;
  return { lines: commandList(command), names, network, mounts };
}

function doneBefore(command: string, scriptsOff: boolean): SetupRun {
  return { command, exitCode: 0, seconds: 0, tail: "", ran: false, scriptsOff };
}

/** A home for one run of `setup` only: what foreign code leaves in it does not meet the next. */
async function makeScratch(folder: string): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(folder, "home-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function goneOr(cwd: string): (error: unknown) => never {
  return (cause) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw worktreeGone(cwd, cause);
  };
}
