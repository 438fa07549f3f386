import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A checkout with one commit of these files and no origin. A text that begins with `#!` is a program. */
export function checkout(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "dispatch-checkout-")));
  for (const [name, text] of Object.entries({ "README.md": "# x\n", ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
    if (text.startsWith("#!")) chmodSync(join(root, name), 0o755);
  }
  const git = (...args: readonly string[]): void => void execFileSync("git", args, { cwd: root });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "start");
  return root;
}
