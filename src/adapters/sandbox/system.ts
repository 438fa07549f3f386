import { existsSync, lstatSync, readdirSync } from "node:fs";
import { lstat, readlink, realpath } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";

const SYSTEM = ["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
const RESOLVER = "/etc/resolv.conf";

export const isSystem = (path: string): boolean => SYSTEM.some((folder) => isWithin(path, folder));

/** The same, or below. */
const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Options that show the system read-only, without what only root may read of it. For one program: files come and go. */
export async function readSystem(): Promise<readonly string[]> {
  const isRoot = process.getuid?.() === 0;
  // Root without any capability still owns the switches of the kernel, and one of them names a program to be run.
  const options = ["--proc", "/proc", ...(isRoot ? ["--remount-ro", "/proc"] : [])];
  for (const path of SYSTEM) {
    const found = await lstat(path).catch(() => null);
    if (found?.isSymbolicLink() === true) options.push("--symlink", await readlink(path), path);
    else if (found !== null) options.push("--ro-bind", path, path);
  }
  if (isRoot) options.push(...hideSecrets("/etc"));
  // With systemd it is a link to a place that is not shown.
  const resolver = await realpath(RESOLVER).catch(() => RESOLVER);
  return isSystem(resolver) ? options : [...options, "--ro-bind", resolver, resolver];
}

/** As root nothing but the fence keeps passwords and keys from being read. Not awaited: a tenth of the time. */
function hideSecrets(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const found = entry.isSymbolicLink() ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    if ((found.mode & 0o004) === 0) return found.isDirectory() ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path];
    return found.isDirectory() ? hideSecrets(path) : [];
  });
}

/** The folders on PATH, and the modules that the programs of a Node.js of its own are links to. */
export async function readPathFolders(path: string, kept: readonly string[]): Promise<readonly string[]> {
  const named = path.split(delimiter).filter((folder) => isAbsolute(folder) && !isSystem(folder));
  const folders: string[] = [];
  for (const folder of new Set(named)) {
    const real = await realpath(folder).catch(() => null);
    if (real === null || holdsOne(real, kept)) continue;
    const modules = join(dirname(folder), "lib", "node_modules");
    folders.push(folder, ...(existsSync(modules) && !holdsOne(modules, kept) ? [modules] : []));
  }
  return folders;
}

/** What of this machine a program needs to be started: the folder that it and its parts were installed in. */
export async function readInstallation(
  file: string,
  path: string,
  kept: readonly string[],
): Promise<readonly string[]> {
  const found = file.includes("/")
    ? file
    : path
        .split(delimiter)
        .map((folder) => join(folder, file))
        .find(existsSync);
  const real = found === undefined ? null : await realpath(found).catch(() => null);
  if (found === undefined || real === null) return [];
  return [...new Set([found, real])].filter((one) => !isSystem(one)).map((one) => installFolder(one, kept));
}

/** Of several, the outermost `node_modules`: packages lie beside each other there. A home or a checkout is none. */
function installFolder(file: string, kept: readonly string[]): string {
  const modules = /^.*?\/node_modules(?=\/)/.exec(file)?.[0];
  const folder = dirname(file);
  const venv = dirname(folder);
  const isVenv = existsSync(join(venv, "pyvenv.cfg"));
  const wish = modules ?? (isVenv ? venv : folder);
  return holdsOne(wish, kept) ? file : wish;
}

const holdsOne = (folder: string, kept: readonly string[]): boolean =>
  folder === "/" || kept.some((one) => isWithin(one, folder));
