import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Release {
  readonly root: string;
  /** `v1.2.3`. */
  readonly tag: string;
  /** Of package.json. */
  readonly version: string;
  /** Makes what is in no commit of the main branch. */
  readonly build: () => void;
  /** Paths of that. */
  readonly built: readonly string[];
}

/**
 * A commit beside the branch that has the bundle of the Action as well, under the tag of its version and that of its
 * major version: `uses: OWNER/REPO@v1`. Nothing is pushed. Gives its id.
 */
export function release({ root, tag, version, build, built }: Release): string {
  const index = mkdtempSync(join(tmpdir(), "release-"));
  const run = (env: NodeJS.ProcessEnv, args: readonly string[]): string =>
    execFileSync("git", [...args], { cwd: root, encoding: "utf8", env: { ...process.env, ...env } }).trim();
  const git = (...args: readonly string[]): string => run({}, args);
  const aside = (...args: readonly string[]): string => run({ GIT_INDEX_FILE: join(index, "index") }, args);
  try {
    if (tag !== `v${version}`) throw new Error(`package.json says ${version}, so the tag is v${version}, not ${tag}`);
    if (git("status", "--porcelain") !== "") throw new Error("the checkout has changes that are in no commit");
    build();
    aside("read-tree", "HEAD");
    aside("add", "--force", "--", ...built);
    const commit = git("commit-tree", aside("write-tree"), "-p", "HEAD", "-m", `release: ${tag}`);
    git("tag", tag, commit);
    git("tag", "--force", tag.replace(/\..*/, ""), commit);
    return commit;
  } finally {
    rmSync(index, { recursive: true, force: true });
  }
}
