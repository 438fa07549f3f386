import { mkdir, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { Checks, SetupRun } from "../../ports/checks.ts";
import { discard } from "../git/trash.ts";
import { privateEnvironment, readVariables, requireHarmless } from "../process/environment.ts";
import { requireMounts } from "../process/mounts.ts";
import { isAsLeft } from "./inventory.ts";
import { fingerprint, readManifests } from "./manifests.ts";
import type { ChecksOptions } from "./checks-options.ts";
import { readPlace } from "./setup-state.ts";
import { commandList, runShellLines, shown, worktreeGone } from "./shell-lines.ts";

/** What npm, pnpm and yarn understand as `--ignore-scripts`. */
const SCRIPTS_OFF = { npm_config_ignore_scripts: "true", YARN_ENABLE_SCRIPTS: "false" };

/** The user's `setup`: once per place and content of its manifests (docs/contract.md §9.20 and §10). */
export function openSetup(options: ChecksOptions): Pick<Checks, "prepare" | "restore"> {
  const { lines, names, network, mounts } = readSetup(options.config.setup);
  const { setupFolder } = options;
  const command = shown(lines);
  requireHarmless(names, "setup.env");
  const reads = requireMounts(mounts, options.configDir, "setup.mounts");

  const run = async (cwd: string, log: string, scriptsOff: boolean, signal: AbortSignal): Promise<SetupRun> => {
    await using scratch = await makeScratch(setupFolder);
    // What a task's files leave in a cache does not meet the base's, which run with secrets.
    const cache = join(scriptsOff ? scratch.path : setupFolder, "npm-cache");
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

  const markOf = (commit: string): string => fingerprint(command, new Map([[commit, null]]));

  return {
    async restore({ cwd, commit, base, owner }, left) {
      const { done, isWhole, readInventory } = await readPlace(setupFolder, cwd);
      if (lines.length === 0) return done === null && left.length === 0 ? "ready" : "spoilt";
      if (done === null) return left.length === 0 ? "stale" : "spoilt";
      if (done.owner !== null && (done.owner !== owner || commit === base)) return "spoilt";
      const inventory = await readInventory();
      // What cannot be read, or taken away, was not left by `setup`.
      if (inventory === null || !(await isAsLeft(cwd, left, inventory).catch(() => false))) return "spoilt";
      return done.owner !== null || (isWhole && done.at === markOf(base)) ? "ready" : "stale";
    },
    async prepare({ cwd, commit, base, owner }, signal) {
      if (lines.length === 0) return null;
      signal.throwIfAborted();
      const place = await readPlace(setupFolder, cwd).catch(goneOr(cwd));
      const done = place.isWhole ? place.done : null;
      const isBase = commit === base;
      const at = markOf(commit);
      // What an owner set up says nothing about the base.
      const isUsable = done !== null && (done.owner === null || !isBase);
      if (isUsable && done.at === at) return doneBefore(command, done.owner !== null);
      const key = fingerprint(command, await readManifests(cwd, done?.made ?? []));
      if (isUsable && done.key === key) {
        if (isBase) await place.writeAgain({ ...done, at });
        return doneBefore(command, done.owner !== null);
      }
      await place.forget();
      const ran = await run(cwd, place.name, !isBase, signal);
      if (ran.exitCode === 0) await place.write({ key, at, owner: isBase ? null : owner });
      return ran;
    },
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
  // Whatever it made of its home; what stays is tried again, and told, by the next clean.
  return { path, [Symbol.asyncDispose]: async () => void (await discard(path, join(dirname(folder), "trash"))) };
}

function goneOr(cwd: string): (error: unknown) => never {
  return (cause) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw worktreeGone(cwd, cause);
  };
}
