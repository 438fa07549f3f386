import { describe, expect, it } from "vitest";
import { addedLines } from "../../src/domain/added-lines.ts";
import { branchName, parseBranchName } from "../../src/domain/branch-name.ts";
import { formatCommit } from "../../src/domain/commit-text.ts";
import { display, displayLine } from "../../src/domain/display.ts";
import { isTaskId } from "../../src/domain/ids.ts";
import { formatMarker, parseMarker } from "../../src/domain/marker.ts";
import { code, inline, neutralise, quote } from "../../src/domain/neutralise.ts";
import { isJudgedByContent, protectedAmong } from "../../src/domain/policy.ts";
import { fingerprint } from "../../src/domain/review-round.ts";
import { aFinding } from "../support/domain-data.ts";

/** Beginnings of what is never ended: an expression that looks for each end up to the end of the text takes minutes. */
const OPENERS = [
  ...Array.from('\u0090\u0098\u009b\u009d\u009e\u009f\u001b<&@#!-+ \t\n"\\.{'),
  ...["\u001b]", "\u001bP", "\u001b[", "\u001b[0", "\u001b ", "\u009d\u0090", "\u009da", "\u009b0 ", "\r\n"],
  ...["&a", "GH-", "<!-- dispatch:v1 {", "} -->", "} --> ", "\n\n", "\n \t", "\n@@ -", "@@ -1 +1", "\n+++ "],
  ...["Dispatch-", "Dispatch-Task: ", "\nDispatch-Agent: a", "--a", "-1", "\u0315\u0300", "\u200b", "/issues/", "://"],
];
const MANY = 100_000;

const trailers = { task: "A", run: "r", agent: "a", version: "1", round: 1 };
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  display,
  displayLine: (text) => displayLine(text),
  neutralise: (text) => neutralise(text, 8000),
  "neutralise, all of it": (text) => neutralise(text, text.length),
  quote: (text) => quote(text, 8000),
  inline: (text) => inline(text, 500),
  code: (text) => code(text, 200),
  formatCommit: (text) => formatCommit({ ...trailers, title: text, body: text }),
  addedLines: (text) => addedLines(`+++ b/${text}\n@@ -1 +1 @@\n+${text}\n`),
  parseMarker: (text) => parseMarker(`<!-- dispatch:v1 {${text}`),
  formatMarker: (text) => parseMarker(formatMarker({ kind: "pr", task: text })),
  branchName: (text) => branchName("A", text),
  parseBranchName: (text) => parseBranchName(`dispatch/a--a${text}`),
  isTaskId,
  isJudgedByContent,
  protectedAmong: (text) => protectedAmong([text], []),
  fingerprint: (text) => fingerprint(aFinding(text), (plain) => plain),
};

describe("text made to be slow", () => {
  it.each(Object.keys(READERS))("is read by %s before anybody gives up", (name) => {
    const answers = OPENERS.map((opener) => READERS[name]?.(opener.repeat(MANY)));
    expect(answers).toHaveLength(OPENERS.length);
  });

  it("loses what a terminal would obey all the same", () => {
    expect(display(`${"\u009d".repeat(480_000)}hidden\u009cseen`)).toBe("seen");
    expect(display("a\u009dhidden\u0090hidden too\u009cb")).toBe("ahiddenb");
  });
});
