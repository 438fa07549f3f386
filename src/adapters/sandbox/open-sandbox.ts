import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Command, Compartment, Fence, Sandbox } from "../../ports/sandbox.ts";
import type { GitRepository } from "../git/repository.ts";
import { relayed } from "../process/relay-command.ts";
import { type Tools, wrapped } from "./bubblewrap.ts";
import { type Probed, probeBubblewrap } from "./probe.ts";
import { ensureScratchGit } from "./scratch-git.ts";
import { isSystem, readInstallation, readPathFolders, readSystem } from "./system.ts";

export interface SandboxOptions {
  readonly mode: "auto" | "required" | "off";
  /** Whose worktrees the programs run in; null where there is none. */
  readonly repository: GitRepository | null;
  /** Of each process inside; default: that of the configuration. */
  readonly memoryMb?: number;
  /** Where the programs of the fence are looked for; default: our own PATH. */
  readonly path?: string;
}

/** Our own profile of bubblewrap (docs/decisions/the-fence.md). */
export function openSandbox({
  mode,
  repository,
  memoryMb = 8192,
  path = process.env.PATH ?? "",
}: SandboxOptions): Sandbox {
  let known: Promise<Known> | null = null;
  const look = (): Promise<Known> => (known ??= mode === "off" ? Promise.resolve(OFF) : readKnown(path, memoryMb));
  const kept = keptFolders(repository);
  const require = async (): Promise<Known> => {
    const found = await look();
    if (mode === "required" && found.fence.kind === "open") throw missing(found.fence);
    return found;
  };
  return {
    probe: async () => (await look()).fence,
    require: async () => void (await require()),
    async wrap(command, compartment) {
      const { fence, tools } = await require();
      if (tools !== null) return await fenceIn(command, compartment, { tools, kept, repository });
      if (fence.kind === "open" && typeof compartment.network === "object") throw unfenced(command, fence);
      return command;
    },
  };
}

interface Known {
  readonly fence: Fence;
  readonly tools: Tools | null;
}

const OFF: Known = {
  fence: { kind: "open", why: 'dispatch.jsonc says "sandbox": "off"', fix: '"sandbox": "auto"' },
  tools: null,
};

async function readKnown(path: string, memoryMb: number): Promise<Known> {
  const { tools, ...fence }: Probed = await probeBubblewrap(path, memoryMb);
  return { fence, tools };
}

function unfenced({ file }: Command, { why, fix }: Extract<Fence, { readonly kind: "open" }>): DispatchError {
  return new DispatchError({
    code: "network_unfenced",
    message: `${file} is not started: nothing would keep it to its network, because ${why}`,
    hint: `${fix}, or give the agent "network": "open"`,
    exit: EXIT.usage,
  });
}

function missing({ why, fix }: Extract<Fence, { readonly kind: "open" }>): DispatchError {
  return new DispatchError({
    code: "sandbox_missing",
    message: `dispatch.jsonc says "sandbox": "required", and no agent can be fenced in: ${why}`,
    hint: fix,
    exit: EXIT.usage,
  });
}

/** Never shown as a whole because a program happens to lie in them; by all of their names. */
function keptFolders(repository: GitRepository | null): readonly string[] {
  const folders = [homedir()];
  if (repository !== null) {
    const { root, commonDir, stateDir, workDir, place } = repository;
    folders.push(root, place.mainRoot, commonDir, stateDir, workDir);
  }
  return [...new Set(folders.flatMap((folder) => (existsSync(folder) ? [folder, realpathSync(folder)] : [folder])))];
}

interface Site {
  readonly tools: Tools;
  readonly kept: readonly string[];
  readonly repository: GitRepository | null;
}

async function fenceIn(
  command: Command,
  { scratch, network, reads, writes, readsOnly }: Compartment,
  { tools, kept, repository }: Site,
): Promise<Command> {
  const { cwd, env } = command;
  const path = env["PATH"] ?? "";
  const relay = typeof network === "string" ? { program: command, reads: [] } : relayed(network, command);
  const git = repository === null ? null : await ensureScratchGit(repository, cwd, scratch);
  const files = new Set([command.file, relay.program.file]);
  const [system, folders, ...installations] = await Promise.all([
    readSystem(),
    readPathFolders(path, kept),
    ...[...files].map((file) => readInstallation(file, path, kept)),
  ]);
  const [outer, ...words] = wrapped(tools, {
    network: network === "open" ? "open" : "none",
    system,
    hidden: kept.filter((folder) => isSystem(folder) && existsSync(folder)),
    reads: [...folders, ...installations.flat(), ...relay.reads, ...reads, ...(git?.stores ?? [])],
    writes: [join(scratch, "home"), join(scratch, "tmp"), ...writes, ...(git === null ? [] : [git.dir])],
    cwd,
    ...(readsOnly === true ? { readsOnly } : {}),
    dotGit: git?.dotGit ?? null,
  });
  const { file, args } = relay.program;
  return { file: outer, args: [...words, file, ...args], cwd, env, fenced: true };
}
