import { posix } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { userEnv } from "../../../src/adapters/git/belt.ts";
import { parseChanges } from "../../../src/adapters/git/changes.ts";
import { staysInside } from "../../../src/adapters/git/entries.ts";
import { sayable } from "../../../src/adapters/git/git.ts";
import { normaliseUrl } from "../../../src/adapters/git/identity.ts";
import { nextSlotName, pickSlot, slotClass } from "../../../src/adapters/git/pick-slot.ts";
import { redactUrl } from "../../../src/adapters/git/remote.ts";
import type { Slot } from "../../../src/adapters/git/schema.ts";

/** Follows a link as the kernel does, in a tree where every link points to `elsewhere`, a folder of any depth. */
function follow(path: string, target: string, elsewhere: readonly string[]): number {
  let place = path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") {
      if (place.length === 0) return -1;
      place = place.slice(0, -1);
    } else if (part === "link") place = [...elsewhere];
    else if (part !== "" && part !== ".") place = [...place, part];
  }
  return place.length;
}

test("a symlink that is taken stays inside, whatever the links that it passes point to", () => {
  const segments = (...names: string[]) => fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      segments("a", "b"),
      segments("..", "..", ".", "", "x", "link"),
      fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
      (path, target, elsewhere) => {
        const [from, to] = [path.join("/"), target.join("/")];
        return !staysInside(from, to) || follow(from, to, elsewhere) >= 0;
      },
    ),
    { numRuns: 2000 },
  );
  expect(staysInside("a/b/c", "../link/x")).toBe(true);
});

test("a plain relative symlink is taken exactly when its path stays inside", () => {
  fc.assert(
    fc.property(fc.nat(4), fc.nat(6), (depth, ups) => {
      const path = `${"d/".repeat(depth)}link`;
      const target = `${"../".repeat(ups)}x`;
      expect(staysInside(path, target)).toBe(!posix.join(posix.dirname(path), target).startsWith(".."));
    }),
  );
});

test("raw lines and counts are joined by their path, however odd it is", () => {
  const raw = (status: string) => `:100644 100755 ${"a".repeat(40)} ${"b".repeat(40)} ${status}`;
  const parts = [raw("M"), "a\tb", raw("D"), ":odd", raw("A"), "1\t2\tx", "3\t4\ta\tb", "0\t7\t:odd", "-\t-\t1\t2\tx"];
  expect(parseChanges(parts)).toMatchObject([
    { path: "a\tb", status: "M", added: 3, removed: 4, modeAfter: "100755" },
    { path: ":odd", status: "D", added: 0, removed: 7 },
    { path: "1\t2\tx", status: "A", added: null, removed: null },
  ]);
  expect(parseChanges([])).toEqual([]);
});

test("one repository has one name, however its URL is written", () => {
  const urls = [
    "https://github.com/o/r.git",
    "https://user:token@GitHub.com/o/r",
    "git@github.com:o/r.git",
    "ssh://git@github.com:22/o/r/",
    "ssh://git@github.com/o/r",
  ];
  expect(new Set(urls.map(normaliseUrl))).toEqual(new Set(["github.com/o/r"]));
  expect(normaliseUrl("/srv/git/r.git")).toBe("/srv/git/r");
});

test("a token in a URL is not shown", () => {
  expect(redactUrl("https://x-access-token:ghs_1@github.com/o/r")).toBe("https://github.com/o/r");
  expect(redactUrl("https://ghs_1@github.com/o/r")).toBe("https://github.com/o/r");
  expect(redactUrl("ssh://git@github.com/o/r")).toBe("ssh://git@github.com/o/r");
  expect(redactUrl("/srv/a@b/r.git")).toBe("/srv/a@b/r.git");
});

test("git's own variables are not inherited, the way to the user's credentials is", () => {
  const env = {
    PATH: "/bin",
    HOME: "/h",
    GIT_DIR: "/x",
    GIT_INDEX_FILE: "/y",
    GIT_SSH_COMMAND: "ssh -i k",
    EDITOR: "vi",
  };
  expect(userEnv({ ...env, GIT_CONFIG_COUNT: "1", SSH_AUTH_SOCK: "/s" })).toEqual({
    ...{ PATH: "/bin", HOME: "/h", GIT_SSH_COMMAND: "ssh -i k", SSH_AUTH_SOCK: "/s" },
    ...{ GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
  });
});

test("what git says reaches the screen without control characters", () => {
  expect(sayable("fatal: \u001b[31mred\u0007 \u202e\r\nline\n")).toBe("fatal: [31mred \nline");
});

const slot = (name: string, over: Partial<Slot> = {}): Slot => ({
  ...{ name, path: `/w/${name}`, adminDir: `/g/${name}`, class: "code", state: "idle", commit: "c1" },
  ...{ lane: null, lease: null, why: null, ...over },
});

test("the nearest slot is the lane's own, then one of nobody, then one at the commit", () => {
  const wish = { class: "code", lane: 1, commit: "c1", workDir: "/w" } as const;
  const own = slot("s03", { lane: 1, commit: "old" });
  const nobodys = slot("s02", { commit: "c1" });
  const other = slot("s01", { lane: 2 });
  expect(pickSlot([other, nobodys, own], wish)?.name).toBe("s03");
  expect(pickSlot([other, nobodys], wish)?.name).toBe("s02");
  expect(pickSlot([slot("s01", { lane: 2, commit: "old" }), other], wish)?.name).toBe("s01");
  const unfit = [
    slot("s01", { state: "leased" }),
    slot("s02", { class: "verify" }),
    slot("s04", { path: "/other/s04" }),
  ];
  expect(pickSlot([...unfit, slot("s05", { state: "kept" })], wish)).toBeNull();
});

test("coders have slots of their own, and names are the first that are free", () => {
  expect(slotClass("coder")).toBe("code");
  expect((["tester", "reviewer", "planner"] as const).map(slotClass)).toEqual(["verify", "verify", "verify"]);
  expect(nextSlotName(new Set(["s01", "s03"]))).toBe("s02");
  expect(nextSlotName(new Set(Array.from({ length: 99 }, (_, i) => `s${String(i + 1).padStart(2, "0")}`)))).toBe(
    "s100",
  );
});
