/**
 * The Action's bundle is what these sources give, on any machine: built once more in another folder, it has the same
 * bytes. Where a commit carries it (those that `scripts/release` makes), it carries just these.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUNDLE = "dist/action";
const MOST_BYTES = 5 * 1024 * 1024;

const build = (folder) => execFileSync(process.execPath, [".ci/build.mjs"], { cwd: folder, stdio: "inherit" });
const files = ["main.js", "relay.js", "replay-player.js"];
const elsewhere = mkdtempSync(join(tmpdir(), "another-folder-"));
try {
  build(root);
  for (const part of ["src", ".ci/build.mjs", "package.json", "tsconfig.json"])
    cpSync(join(root, part), join(elsewhere, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(elsewhere, "node_modules"));
  build(elsewhere);
  const tracked = execFileSync("git", ["ls-files", "--", BUNDLE], { cwd: root, encoding: "utf8" }).trim().split("\n");
  for (const name of files) {
    const path = `${BUNDLE}/${name}`;
    const bytes = readFileSync(join(root, path));
    if (bytes.length > MOST_BYTES) throw new Error(`${path} has ${bytes.length} bytes`);
    if (!bytes.equals(readFileSync(join(elsewhere, path)))) throw new Error(`${path} is another in another folder`);
    if (!tracked.includes(path)) continue;
    const committed = execFileSync("git", ["show", `HEAD:${path}`], { cwd: root, maxBuffer: 2 * MOST_BYTES });
    if (!bytes.equals(committed)) throw new Error(`${path} of HEAD is not what its sources give`);
  }
  const [{ length } = { length: 0 }] = files.map((name) => readFileSync(join(root, BUNDLE, name)));
  process.stdout.write(`${BUNDLE}: ${(length / 1e6).toFixed(1)} MB, the same bytes from two folders\n`);
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
