import type { TaskRecording } from "../recording-types.ts";

export const parseQuantity: TaskRecording = {
  coder: [
    {
      seconds: 0.9,
      say: ["writing src/parse-quantity.js and its test"],
      edits: [
        {
          path: "src/parse-quantity.js",
          content: `/** A whole number from 1 to 99. Anything else throws a RangeError. */
export function parseQuantity(text) {
  const trimmed = text.trim();
  if (!/^[1-9]\\d?$/.test(trimmed)) throw new RangeError(\`quantity: \${JSON.stringify(text)} is no number from 1 to 99\`);
  return Number(trimmed);
}
`,
        },
        {
          path: "test/parse-quantity.test.js",
          content: `import assert from "node:assert/strict";
import test from "node:test";
import { parseQuantity } from "../src/parse-quantity.js";

test("reads a whole number from 1 to 99", () => {
  assert.equal(parseQuantity("1"), 1);
  assert.equal(parseQuantity(" 99 "), 99);
});

test("names the field of what is no quantity", () => {
  for (const text of ["", "0", "100", "1.5", "1e1", "two"]) assert.throws(() => parseQuantity(text), /^RangeError: quantity: /);
});
`,
        },
      ],
      end: "ok",
      summary: "parseQuantity(text) gives a whole number from 1 to 99, and an error that names the field for the rest.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.3,
      say: ["trying 0, 100 and 1e1"],
      verdict: "approve",
      findings: [],
      summary: "Both ends of the range are tested.",
      costUsd: 0,
    },
  ],
};
