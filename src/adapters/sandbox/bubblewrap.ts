import { join } from "node:path";

/** Nobody's work needs more; who ignores it meets the end of the disk or of the process table later than this. */
const CAPS = ["--core=0", `--fsize=${2 * 1024 ** 3}`, "--nofile=4096", "--nproc=4096"];

/** The programs that make the fence, as they were seen to work, and the memory that each process inside can have. */
export interface Tools {
  readonly bwrap: string;
  readonly prlimit: string | null;
  readonly memoryMb: number;
}

export interface Wall {
  readonly network: "none" | "open";
  /** Options that show the system. */
  readonly system: readonly string[];
  /** Covered by an empty folder where the system would show them. */
  readonly hidden: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly cwd: string;
  /** Nobody inside can change what lies in `cwd`. */
  readonly readsOnly?: true;
  /** Lies where the worktree's own `.git` file is. */
  readonly dotGit: string | null;
}

/**
 * The options of bubblewrap. Later mounts cover earlier ones, so what is shown comes after what would hide it; and no
 * mount but that of `.git` (where a plain file was seen) has its place inside a folder that somebody inside can write.
 */
function bubblewrapOptions({
  network,
  system,
  hidden,
  reads,
  writes,
  cwd,
  readsOnly,
  dotGit,
}: Wall): readonly string[] {
  return [
    "--unshare-all",
    ...(network === "open" ? ["--share-net"] : []),
    "--die-with-parent",
    // Also what lets TERM reach the program without ending bubblewrap: see `endGroup`.
    "--new-session",
    ...["--cap-drop", "ALL", "--hostname", "agent"],
    ...system,
    ...["--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"],
    ...hidden.flatMap((path) => ["--tmpfs", path]),
    ...reads.flatMap((path) => ["--ro-bind", path, path]),
    ...writes.flatMap((path) => ["--bind", path, path]),
    ...[readsOnly === true ? "--ro-bind" : "--bind", cwd, cwd],
    ...(dotGit === null ? [] : ["--ro-bind", dotGit, join(cwd, ".git")]),
    // The folders above all these would be writable memory.
    ...["--remount-ro", "/", "--chdir", cwd, "--"],
  ];
}

/** Words before the program: bounds that its children inherit, and the fence. */
export function wrapped({ bwrap, prlimit, memoryMb }: Tools, wall: Wall): readonly [file: string, ...args: string[]] {
  const options = bubblewrapOptions(wall);
  // Not the address space: V8 reserves hundreds of gigabytes of it and uses next to none.
  return prlimit === null
    ? [bwrap, ...options]
    : [prlimit, ...CAPS, `--data=${memoryMb * 1024 ** 2}`, bwrap, ...options];
}
