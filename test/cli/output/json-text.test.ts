import fc from "fast-check";
import { expect, test } from "vitest";
import { createContext } from "../../../src/cli/create-context.ts";
import { jsonText } from "../../../src/cli/output/json-text.ts";
import { reportError } from "../../../src/cli/output/report-error.ts";
import { DispatchError } from "../../../src/domain/errors.ts";
import { cliWorld } from "../../support/cli.ts";

/** Controls of a terminal, marks of direction, separators of lines, letters without width. */
const HOSTILE =
  "\u009b2J\u009d0;x\u009c\u007f\u2028\u2029\u202e\u2066\u200b\u200d\ufeff\u061c\u{e0041}\u034f\u3164\r\n\u001b[31m";

test("JSON holds nothing that a terminal obeys or nobody sees, and says the same", () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...Array.from(HOSTILE)), fc.string({ unit: "binary" })))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, fc.constantFrom(undefined, 2), (said, indent) => {
      const value = { v: 1, [said]: [said, { said }] };
      const json = jsonText(value, indent);
      expect(json).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      expect(json.includes("\n")).toBe(indent !== undefined);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(jsonText("\u009b\u{e0041}é漢🙂")).toBe(String.raw`"\u009b\udb40\udc41é漢🙂"`);
});

test("every answer and every error of a command is printed so", () => {
  const { world, stdout, stderr } = cliWorld(["status", "--json"]);
  createContext(world, { json: true, color: true, input: true }, () => undefined).answerJson({ v: 1, line: HOSTILE });
  reportError(new DispatchError({ code: "usage", message: HOSTILE, hint: HOSTILE }), world);
  for (const line of [stdout(), stderr()]) expect(line).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(stdout())).toEqual({ v: 1, line: HOSTILE });
  expect(JSON.parse(stderr())).toMatchObject({ error: { message: HOSTILE } });
});
