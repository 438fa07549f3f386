import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Vitest's global setup: `dist/` as `npm run build` makes it, unless it is newer than every source. */
export function setup(): void {
  if (builtAt() > newestSource()) return;
  const build = spawnSync("npm", ["run", "--silent", "build"], { cwd: ROOT, encoding: "utf8" });
  if (build.status !== 0) throw new Error(`npm run build failed:\n${build.stdout}${build.stderr}`);
}

/** The build writes the schema last. */
function builtAt(): number {
  return statSync(join(ROOT, "dist/schema.json"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestSource(): number {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true });
  const times = files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(...times, statSync(join(ROOT, "package.json")).mtimeMs);
}
