import type { TaskRecording } from "../recording-types.ts";

export const parsePrice: TaskRecording = {
  coder: [
    {
      seconds: 1.3,
      say: ["reading src/money.js", "writing src/parse-price.js and its test"],
      edits: [
        {
          path: "src/parse-price.js",
          content: `/** Cents of a price as people type it: "12", "12.50" or "12,50 EUR". Anything else throws a RangeError. */
export function parsePrice(text) {
  const match = /^(\\d{1,7})(?:[.,](\\d{2}))?(?: ?EUR)?$/.exec(text.trim());
  if (match === null) throw new RangeError(\`price: \${JSON.stringify(text)} is no amount such as 12.50\`);
  const [, euros, cents = "0"] = match;
  return Number(euros) * 100 + Number(cents);
}
`,
        },
        {
          path: "test/parse-price.test.js",
          content: `import assert from "node:assert/strict";
import test from "node:test";
import { parsePrice } from "../src/parse-price.js";

test("reads a price with a point, a comma, or neither", () => {
  assert.equal(parsePrice("12.50"), 1250);
  assert.equal(parsePrice(" 12,50 EUR "), 1250);
  assert.equal(parsePrice("12"), 1200);
});

test("names the field of what is no price", () => {
  for (const text of ["", "-1", "1.5", "1.234,50", "twelve"]) assert.throws(() => parsePrice(text), /^RangeError: price: /);
});
`,
        },
      ],
      end: "ok",
      summary: "parsePrice(text) gives cents for what people type, and an error that names the field for the rest.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.4,
      say: ["trying 1.234,50 and -1"],
      verdict: "approve",
      findings: [],
      summary: "Ambiguous input is refused, not guessed.",
      costUsd: 0,
    },
  ],
};
