import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";

/** The paths of a key `mounts`, seen from the configuration file or, with `~/`, from the user's home. */
export function requireMounts(mounts: readonly string[], configDir: string, where: string): readonly string[] {
  const paths = mounts.map((path) =>
    path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(configDir, path),
  );
  const gone = paths.find((path) => !existsSync(path));
  if (gone === undefined) return paths;
  throw new DispatchError({
    code: "config_invalid",
    message: `${where} names ${gone}, which is not there.`,
    hint: `Make it, or take it out of ${where}.`,
    exit: EXIT.usage,
    facts: { path: gone, where },
  });
}
