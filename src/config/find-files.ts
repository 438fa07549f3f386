import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const NAMES = ["dispatch.jsonc", ".dispatch/config.jsonc"] as const;

/** The top of the checkout that `folder` lies in; null outside of any. Without starting git: many commands need no more. */
export function findCheckout(folder: string): string | null {
  if (existsSync(join(folder, ".git"))) return folder;
  const above = dirname(folder);
  return above === folder ? null : findCheckout(above);
}

/** The configurations of this repository: the first is read, another would be read without it. */
export function findConfigFiles(root: string): readonly string[] {
  return NAMES.map((name) => join(root, name)).filter((file) => existsSync(file));
}

/** The user's own, below every repository's. */
export function findUserFile(env: Readonly<Record<string, string | undefined>>): string | null {
  const { XDG_CONFIG_HOME: xdg, HOME: home } = env;
  const folder = xdg !== undefined && xdg !== "" ? xdg : join(home ?? homedir(), ".config");
  const file = join(folder, "dispatch/config.jsonc");
  return existsSync(file) ? file : null;
}
