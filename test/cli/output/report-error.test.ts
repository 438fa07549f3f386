import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CliWorld } from "../../../src/cli/context.ts";
import { nameFullDisk } from "../../../src/cli/desk/full-disk.ts";
import { exitCodeOf, reportError } from "../../../src/cli/output/report-error.ts";
import { DispatchError } from "../../../src/domain/errors.ts";
import { Stopped } from "../../../src/ports/steps.ts";

function told(error: unknown, argv: readonly string[] = [], signal = new AbortController().signal): string {
  const chunks: string[] = [];
  const stderr = new PassThrough().on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const idle = new PassThrough();
  const world: CliWorld = { argv, cwd: "/", env: {}, stdin: idle, stdout: idle, stderr, signal, hurry: signal };
  reportError(error, world);
  return chunks.join("");
}

const owned = new DispatchError({
  code: "repository_owned",
  message: "Another dispatcher owns this repository: pid 7 on box.",
  hint: "wait for it, or stop it: kill 7",
  exit: 7,
  cause: new Error("EEXIST: lock\nat somewhere"),
});

describe("an error of ours", () => {
  it("says what, why and what to type next", () => {
    expect(told(owned)).toBe(
      "error: Another dispatcher owns this repository: pid 7 on box.\n  why   EEXIST: lock\n  next  wait for it, or stop it: kill 7\n",
    );
    expect(exitCodeOf(owned)).toBe(7);
  });

  it("is one line of JSON with --json", () => {
    const { code, message, hint } = owned;
    expect(told(owned, ["run", "--json"])).toBe(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  });

  it("is not JSON when --json is a word of the command", () => {
    expect(told(owned, ["run", "--", "--json"])).toContain("error:");
  });

  it("cannot drive the terminal, whatever a file name in it holds", () => {
    const nasty = new DispatchError({ code: "x", message: "a\u001b[2Jb", hint: "c\u001b]0;t\u0007d" });
    expect(told(nasty)).toBe("error: ab\n  next  cd\n");
  });

  it("shows its stack with --verbose", () => {
    expect(told(owned, ["-v"])).toContain("report-error.test.ts");
  });
});

describe("what is no error of ours", () => {
  it("is called a defect, and exits 1", () => {
    const text = told(new TypeError("x is not a function"));
    expect(text).toContain("error: dispatch met something it does not understand: x is not a function");
    expect(text).toContain("next  type the same with --verbose");
    expect(exitCodeOf(new TypeError("x"))).toBe(1);
  });

  it("a full disk is told as such, and is something to try again later", async () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    const named = await nameFullDisk(new Stopped("left", { cause: error }), { env: {}, cwd: "/" });
    expect(told(named)).toContain("error: The disk is full.");
    expect(exitCodeOf(named)).toBe(75);
    expect(await nameFullDisk(owned, { env: {}, cwd: "/" })).toBe(owned);
  });

  it("a thrown text is told too", () => {
    expect(told("odd")).toContain("odd");
  });
});

it("says nothing in JSON of a stop that was asked for", () => {
  const stop = new DispatchError({ code: "stopped", message: "Stopped by SIGINT.", hint: "again", exit: 130 });
  expect(told(stop, ["--json"], AbortSignal.abort(stop))).toBe("");
  expect(told(stop, [], AbortSignal.abort(stop))).toContain("Stopped by SIGINT.");
});
