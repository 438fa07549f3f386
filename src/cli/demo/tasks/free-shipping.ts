import type { TaskRecording } from "../recording-types.ts";

/** One character and its test: too small for a lane of its own. */
export const freeShipping: TaskRecording = {
  coder: [
    {
      seconds: 0.1,
      say: ["> becomes >="],
      edits: [
        { path: "src/shipping.js", replace: ["total > FREE_FROM", "total >= FREE_FROM"] },
        {
          path: "test/shipping.test.js",
          replace: [
            "  assert.equal(shippingCost(5001), 0);\n",
            "  assert.equal(shippingCost(5000), 0);\n  assert.equal(shippingCost(5001), 0);\n",
          ],
        },
      ],
      end: "ok",
      summary: "An order of exactly 50.00 EUR is sent free of charge, as the comment says.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.1,
      say: ["4999, 5000 and 5001 are tested"],
      verdict: "approve",
      findings: [],
      summary: "The limit itself is tested now.",
      costUsd: 0,
    },
  ],
};
