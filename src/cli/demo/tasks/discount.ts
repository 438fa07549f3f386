import type { TaskRecording } from "../recording-types.ts";

const FIRST_TRY = `/** The price in cents after so many percent off, rounded to whole cents. */
export function discounted(cents, percent) {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(\`percent must be 0 to 100, not \${percent}\`);
  return cents - Math.round((cents * percent) / 100);
}
`;

const FIRST_TEST = `import assert from "node:assert/strict";
import test from "node:test";
import { discounted } from "../src/discount.js";

test("takes a percentage off and rounds to whole cents", () => {
  assert.equal(discounted(1000, 15), 850);
  assert.equal(discounted(999, 33), 669);
});

test("refuses what is no percentage", () => {
  assert.throws(() => discounted(1000, 101), RangeError);
  assert.throws(() => discounted(1000, Number.NaN), RangeError);
});
`;

const REFUND_TEST = `
test("a refund gives back exactly what was paid", () => {
  assert.equal(discounted(5, 50), 2);
  assert.equal(discounted(-5, 50), -2);
});
`;

/** Sent back once: JavaScript rounds halves up, so a refund is not the mirror of its sale. */
export const discount: TaskRecording = {
  coder: [
    {
      round: 1,
      seconds: 0.9,
      say: ["reading src/money.js", "writing src/discount.js and its test"],
      edits: [
        { path: "src/discount.js", content: FIRST_TRY },
        { path: "test/discount.test.js", content: FIRST_TEST },
      ],
      end: "ok",
      summary: "discounted(cents, percent) takes a percentage off and rounds to whole cents; other percentages throw.",
      costUsd: 0,
    },
    {
      round: 2,
      seconds: 0.6,
      say: ["the finding holds: Math.round(-2.5) is -2", "rounding the amount without its sign"],
      edits: [
        {
          path: "src/discount.js",
          replace: [
            "  return cents - Math.round((cents * percent) / 100);\n",
            "  // Math.round goes up at a half: without the sign, a refund rounds like its sale.\n" +
              "  const off = Math.round((Math.abs(cents) * percent) / 100);\n" +
              "  return cents - Math.sign(cents) * off;\n",
          ],
        },
        { path: "test/discount.test.js", content: FIRST_TEST + REFUND_TEST },
      ],
      end: "ok",
      summary: "Halves are rounded without the sign, so that a refund gives back what was paid.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      round: 1,
      seconds: 0.4,
      say: ["trying a refund: discounted(-5, 50)"],
      verdict: "request_changes",
      findings: [
        {
          path: "src/discount.js",
          line: 4,
          severity: "major",
          rule: "rounding",
          message:
            "A refund gives back more than was paid: discounted(5, 50) is 2, but discounted(-5, 50) is -3, " +
            "because Math.round(-2.5) is -2. Round the amount without its sign, and add a test with a refund.",
          skills: [],
        },
      ],
      summary: "Right for sales, one cent wrong for refunds.",
      costUsd: 0,
    },
    {
      round: 2,
      seconds: 0.3,
      say: ["discounted(-5, 50) is -2 now"],
      verdict: "approve",
      findings: [],
      summary: "Sales and refunds mirror each other, and a test holds it.",
      costUsd: 0,
    },
  ],
};
