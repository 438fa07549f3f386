import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { hasErrorCode } from "../../domain/errors.ts";
import type { Fence } from "../../ports/sandbox.ts";
import { runCommand } from "../process/run-command.ts";
import { type Tools, type Wall, wrapped } from "./bubblewrap.ts";
import { readSystem } from "./system.ts";

export type Probed = Fence & { readonly tools: Tools | null };

const INSTALL = "apt-get install bubblewrap";
/** The kernel does not count root's processes. */
const AS_ROOT = { what: "the number of processes (none holds for root)", fix: "run dispatch as an ordinary user" };
const TIMEOUT_MS = 10_000;

/** Runs an empty fence: that the program is there says nothing, kernels and containers forbid what it does. */
export async function probeBubblewrap(path: string, memoryMb: number): Promise<Probed> {
  if (process.platform !== "linux") return open(`there is none for ${process.platform} in this version`, "use Linux");
  const bwrap = onPath("bwrap", path);
  if (bwrap === null) return open("bubblewrap is not installed", INSTALL);
  const system = await readSystem();
  const wall: Wall = { network: "none", system, hidden: [], reads: [], writes: [], cwd: "/tmp", dotGit: null };
  const prlimit = onPath("prlimit", path);
  const tools: Tools = { bwrap, prlimit, memoryMb };
  const failed = prlimit === null ? "prlimit is not installed" : await tryOut(wrapped(tools, wall), path);
  const isRoot = process.getuid?.() === 0;
  if (failed === null) return { kind: "fenced", uncapped: isRoot ? AS_ROOT : null, tools };
  const bare = { ...tools, prlimit: null };
  const why = await tryOut(wrapped(bare, wall), path);
  const uncapped = { what: `sizes, numbers and memory (${failed})`, fix: "apt-get install util-linux" };
  if (why === null) return { kind: "fenced", uncapped, tools: bare };
  return open(`bubblewrap does not work here (${why})`, fixOf());
}

/** null when it worked, else what it said. */
async function tryOut([file, ...args]: readonly [string, ...string[]], path: string): Promise<string | null> {
  try {
    const command = { file, args: [...args, "/bin/sh", "-c", ":"], cwd: "/", env: { PATH: path } };
    const { exitCode, stderr } = await runCommand({ ...command, timeoutMs: TIMEOUT_MS });
    return exitCode === 0 ? null : (stderr.trim().split("\n").at(-1) ?? "") || `exit code ${exitCode}`;
  } catch (error) {
    if (hasErrorCode(error, "program_missing") || hasErrorCode(error, "program_failed")) return String(error);
    throw error;
  }
}

const APPARMOR = "kernel.apparmor_restrict_unprivileged_userns";
const CLONE = "kernel.unprivileged_userns_clone";

/** Ubuntu since 23.10: lets bubblewrap have what it forbids to everybody. */
const PROFILE = String.raw`printf 'abi <abi/4.0>,\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n' | sudo tee /etc/apparmor.d/bwrap && sudo systemctl reload apparmor`;

/** What keeps ordinary users from namespaces, as far as the kernel tells. */
function fixOf(): string {
  if (readSetting(APPARMOR) === "1") return `${PROFILE} (or for everybody: sudo sysctl -w ${APPARMOR}=0)`;
  if (readSetting(CLONE) === "0") return `sudo sysctl -w ${CLONE}=1`;
  if (readSetting("user.max_user_namespaces") === "0") return "sudo sysctl -w user.max_user_namespaces=15000";
  return "allow user namespaces: a container has to be started with them (docker run --security-opt seccomp=unconfined)";
}

function readSetting(name: string): string | null {
  const file = join("/proc/sys", ...name.split("."));
  return existsSync(file) ? readFileSync(file, "utf8").trim() : null;
}

function onPath(name: string, path: string): string | null {
  const files = path.split(delimiter).map((folder) => join(folder, name));
  return files.find((file) => file.startsWith("/") && existsSync(file)) ?? null;
}

const open = (why: string, fix: string): Probed => ({ kind: "open", why, fix, tools: null });
