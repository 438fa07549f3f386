import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { site, SLOW, useHeldHome } from "../support/e2e.ts";

const home = useHeldHome();

const BACKLOG = `
- [ ] Honest <!-- id: honest -->
- [ ] Lays a pipe for rules <!-- id: rules -->
- [ ] Lays a pipe within a repository <!-- id: within -->
- [ ] Lays a pipe in its entry <!-- id: entry -->
- [ ] Digs too deep in its home <!-- id: home -->
- [ ] Digs too deep <!-- id: deep -->
`;

/** `cd -P` and a shell of its own: a path cannot say where it ends. */
const CODER = `
dig() { (cd "$1" && n=$(printf "%0200d" 0) && for i in $(seq 40); do mkdir $n && cd -P $n; done); }
echo "$id" > "$id.txt"
case $id in
  rules) mkdir sub; mkfifo sub/.gitignore sub/.gitattributes ;;
  within) mkdir -p sub/.git; mkfifo sub/.git/HEAD ;;
  entry) admin=$(git rev-parse --git-dir); rm "$admin/commondir"; mkfifo "$admin/commondir" ;;
  home) dig "$HOME"; chmod 000 "$HOME" ;;
  deep) dig . ;;
esac
`;

it("no file that an agent leaves hangs a run, breaks the next one, or fails the work of others", SLOW, async () => {
  await using there = await site({
    home: home.path,
    backlog: BACKLOG,
    coder: CODER,
    config: { jobs: 6, attempts: 1, sandbox: "off" },
  });
  const { states } = await there.run();
  const good = Object.fromEntries(["honest", "rules", "within", "entry", "home"].map((id) => [id, "ready-for-human"]));
  expect(states).toEqual({ ...good, deep: "needs-human" });
  // What cannot be saved stays until it is forced away, and nothing else is left of anybody.
  await there.run();
  const cleaned = await there.dispatch("clean", "--force");
  expect([cleaned.code, cleaned.stderr]).toEqual([0, expect.not.stringContaining("ENAMETOOLONG")]);
  expect(existsSync(join(there.repo.dir, ".work"))).toBe(false);
});
