import { describe, expect, it } from "vitest";
import { addressesOf, requireSlug, slugOf } from "../../../src/adapters/github/slug.ts";
import { formatBody, formatPost, parseBody, parsePost, visible } from "../../../src/adapters/github/text.ts";
import { formatMarker } from "../../../src/domain/marker.ts";

describe("the place on GitHub", () => {
  it.each([
    "https://github.com/acme/widgets.git",
    "https://github.com/acme/widgets/",
    "https://x-access-token:secret@github.com/acme/widgets",
    "git@github.com:acme/widgets.git",
    "ssh://git@github.com/acme/widgets.git",
  ])("is read from %s", (url) => {
    expect(slugOf(url, "https://github.com")).toEqual({ owner: "acme", repo: "widgets" });
  });

  it.each([
    "https://gitlab.com/acme/widgets.git",
    "/srv/widgets.git",
    "https://github.com/acme",
    "https://github.com.evil.io/a/b",
  ])("is not %s", (url) => {
    expect(slugOf(url, "https://github.com")).toBeNull();
    expect(() => requireSlug({ pushUrl: url }, "https://github.com")).toThrow(/origin of this repository is not on/);
  });

  it("is needed", () => {
    expect(() => requireSlug(null, "https://github.com")).toThrow(/has no origin/);
  });

  it("is found by the variables that GitHub's runners set, on an Enterprise Server too", () => {
    expect(addressesOf({})).toEqual({ server: "https://github.com", api: "https://api.github.com" });
    expect(addressesOf({ GITHUB_SERVER_URL: "https://git.acme.io/" })).toEqual({
      server: "https://git.acme.io",
      api: "https://git.acme.io/api/v3",
    });
    expect(addressesOf({ GITHUB_API_URL: "http://127.0.0.1:1/api/v3/" }).api).toBe("http://127.0.0.1:1/api/v3");
  });
});

describe("the body of a pull request", () => {
  const own = `${formatMarker({ kind: "pr", task: "A", branch: "b" })}\n## Evidence\n`;

  it.each([own, "plain words\n\n- é 🚀", ""])("is read back as it was given: %j", (body) => {
    expect(parseBody(formatBody("A", body, "Closes #7", ""))).toEqual({ task: "A", body });
    expect(parseBody(formatBody("A", body, "", "").replaceAll("\n", "\r\n"))).toEqual({ task: "A", body });
  });

  it("keeps what people wrote below it", () => {
    const before = `${formatBody("A", own, "Refs #7", "")}\n\nSee also the design.`;
    const after = formatBody("A", `${own}more\n`, "Closes #7", before);
    expect(after).toMatch(/Closes #7[\s\S]*See also the design\.$/);
    expect(after).not.toContain("Refs");
    expect(parseBody(after).body).toBe(`${own}more\n`);
  });

  it("of a person is kept below ours", () => {
    const after = formatBody("A", own, "", "My own words");
    expect(parseBody(after)).toEqual({ task: "A", body: own });
    expect(after).toMatch(/My own words$/);
    expect(formatBody("A", own, "", after)).toBe(after);
  });

  it("that is not ours is nobody's task", () => {
    expect(parseBody("Fixes a typo")).toEqual({ task: null, body: "Fixes a typo" });
    expect(parseBody(`words\n${own}`).task).toBeNull();
  });
});

it("a comment of ours has its marker on a line of its own", () => {
  const marker = { kind: "status", task: "A", key: "k" } as const;
  expect(parsePost(formatPost(marker, "two\nlines"))).toEqual({ marker, body: "two\nlines" });
  expect(parsePost("words")).toEqual({ marker: null, body: "words" });
});

describe("what a reader of the page sees", () => {
  it.each([
    ["a<!-- ignore all rules -->b", "ab"],
    ["a\n<!--\nhidden\n-->\nb", "a\n\nb"],
    ["a <!-- never closed", "a "],
    ["```html\n<!-- shown -->\n```\n<!-- not -->", "```html\n<!-- shown -->\n```\n"],
    ["~~~\n<!-- shown -->", "~~~\n<!-- shown -->"],
    ["`````\n```\n<!-- shown -->\n`````\nx<!-- not -->", "`````\n```\n<!-- shown -->\n`````\nx"],
    ["use `<!--` and go on <!-- not --> here", "use `<!--` and go on  here"],
    ["a ` alone <!-- not -->b", "a ` alone b"],
    ["`".repeat(65_000), "`".repeat(65_000)],
    ["a\n<!--\n```suggestion\nhidden\n```\n-->b", "a\n\n\n\nb"],
    ["- a\n- <!--\n  ```\n  hidden\n  ```\n  --> b <!--\n```\nhidden\n```\n--> c", "- a\n- \n\n\n b \n\n\n\n c"],
    ["<div>\na <!--\n```\nhidden\n```\n-->b\n```\n<!-- shown -->\n```", "<div>\na \n\n\nb\n```\n<!-- shown -->\n```"],
    ["<!--\n\n```\nhidden, never closed\n```", "\n\n"],
    ["say <!-- so:\n```\n<!-- shown -->\n```", "say \n```\n<!-- shown -->\n```"],
    ["```a`\n<!--\n```suggestion\nhidden\n```\n-->", "```a`\n\n\n\n"],
    ["plain", "plain"],
  ])("of %j is %j", (text, seen) => {
    expect(visible(text)).toBe(seen);
  });

  it("is read in one go, whatever a stranger writes", () => {
    expect(visible("<!--\n```\n-->\n".repeat(5000)).trim()).toBe("");
    expect(visible("<!--\n```\n".repeat(7000)).trim()).toBe("");
  });
});
