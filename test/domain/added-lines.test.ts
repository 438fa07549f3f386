import fc from "fast-check";
import { expect, it } from "vitest";
import { addedLines } from "../../src/domain/added-lines.ts";

const DIFF = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,4 @@ head
 one
-two
+TWO
+++ b/looks/like/a/header
 three
@@ -10 +11 @@
-ten
\\ No newline at end of file
+TEN
\\ No newline at end of file
diff --git a/gone b/gone
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git "a/t\\303\\244b" "b/t\\303\\244b"
--- /dev/null
+++ "b/t\\303\\244b"
@@ -0,0 +1,2 @@
+x
+
`;

it("what a change adds is told by file, with the numbers of its lines", () => {
  expect(addedLines(DIFF)).toEqual([
    { path: "src/a.ts", text: "TWO\n++ b/looks/like/a/header\nTEN", lines: [2, 3, 11] },
    { path: "t\\303\\244b", text: "x\n", lines: [1, 2] },
  ]);
});

it("a name with blanks has its tab taken off; nothing added is nothing", () => {
  expect(addedLines("--- a/x y\t\n+++ b/x y\t\n@@ -0,0 +1 @@\n+z\n")).toEqual([{ path: "x y", text: "z", lines: [1] }]);
  expect(addedLines("")).toEqual([]);
});

it("no added line is lost, whatever it looks like", () => {
  const line = fc.oneof(
    fc.constantFrom("+++ b/x", "--- a/x", "@@ -1 +1 @@", "", "\\ x"),
    fc.string().filter((s) => !s.includes("\n")),
  );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(line), (added, removed) => {
      const hunk = [...removed.map((one) => `-${one}`), ...added.map((one) => `+${one}`)].join("\n");
      const diff = `--- a/f\n+++ b/f\n@@ -1,${removed.length} +5,${added.length} @@\n${hunk}\n`;
      expect(addedLines(diff)).toEqual([{ path: "f", text: added.join("\n"), lines: added.map((_, n) => n + 5) }]);
    }),
  );
});
