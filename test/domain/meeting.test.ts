import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meetingOf, type Side } from "../../src/domain/meeting.ts";

const side = (changed: readonly string[], imports: Readonly<Record<string, readonly string[]>> = {}): Side => ({
  changed,
  imports: new Map(Object.entries(imports)),
});

describe("two changes meet", () => {
  it("in a file that both changed, whatever kind of file it is", () => {
    expect(meetingOf(side(["a/README.md", "src/a.ts"]), side(["a/README.md"]))).toBe("a/README.md");
  });

  it("in what one changed and the other imports, from either side", () => {
    const user = side(["src/a.ts"], { "src/a.ts": ["./lib.ts"] });
    const lib = side(["src/lib.ts"]);
    expect(meetingOf(user, lib)).toBe("src/lib.ts");
    expect(meetingOf(lib, user)).toBe("src/lib.ts");
  });

  it.each([
    "package.json",
    "main.py",
    "packages/shop/package.json",
    "Makefile",
    "requirements.txt",
    "db/tsconfig.app.json",
  ])("where everything depends on it: %s", (path) => {
    expect(meetingOf(side(["src/a.ts"]), side([path]))).toBe(path);
    expect(meetingOf(side([path]), side(["src/a.ts"]))).toBe(path);
  });

  it("in a folder whose files see each other without a word", () => {
    expect(meetingOf(side(["shop/a.go"]), side(["shop/b.go"]))).toBe("shop/b.go");
    expect(meetingOf(side(["shop/a.go"]), side(["cart/b.go"]))).toBeNull();
    expect(meetingOf(side(["shop/a.ts"]), side(["shop/b.ts"]))).toBeNull();
    expect(meetingOf(side(["shop/a.go"]), side(["shop/b.ts"]))).toBeNull();
  });

  it("where nobody could read what they import", () => {
    expect(meetingOf({ ...side(["src/a.ts"]), unread: true }, side(["lib/b.ts"]))).toBe("lib/b.ts");
    expect(meetingOf(side(["src/a.ts"]), { ...side(["lib/b.ts"]), unread: true })).toBe("lib/b.ts");
  });

  it("where there is more to compare than anybody would wait for", () => {
    const many = Array.from({ length: 300 }, (_, nth) => `lib/${nth}.ts`);
    expect(meetingOf(side(["src/a.ts"], { "src/a.ts": many }), side(many))).toBe("lib/0.ts");
  });

  it("nowhere where one of them is words alone", () => {
    const words = ["README.md", "docs/a.rst", "LICENSE", "src/notes.txt", "logo.svg"];
    expect(meetingOf(side(words), side(["package.json", "src/a.ts"]))).toBeNull();
    expect(meetingOf(side(["package.json"]), side(words))).toBeNull();
  });

  it("or do not, and it is the same from both sides", () => {
    const path = fc.constantFrom("src/a.ts", "src/b.ts", "lib/c.go", "lib/d.go", "docs/e.md", "f.py");
    const name = fc.constantFrom("./a", "./b", "lib", "f", "left-pad");
    const any = fc
      .tuple(fc.uniqueArray(path, { maxLength: 3 }), fc.uniqueArray(name, { maxLength: 3 }))
      .map(([changed, names]) => side(changed, Object.fromEntries(changed.map((one) => [one, names]))));
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(meetingOf(a, b) === null).toBe(meetingOf(b, a) === null);
        if (a.changed.some((one) => b.changed.includes(one))) expect(meetingOf(a, b)).not.toBeNull();
      }),
    );
  });
});
