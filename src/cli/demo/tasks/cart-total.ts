import type { TaskRecording } from "../recording-types.ts";

export const cartTotal: TaskRecording = {
  coder: [
    {
      seconds: 0.9,
      say: ["reading src/cart.js", "a test first: two mugs cost as much as one"],
      edits: [
        {
          path: "src/cart.js",
          replace: ["sum + item.price,", "sum + item.price * (item.quantity ?? 1),"],
        },
        {
          path: "test/cart.test.js",
          replace: [
            `test("an empty cart costs nothing"`,
            `test("counts every piece of an item", () => {
  assert.equal(cartTotal([{ name: "mug", price: 1299, quantity: 3 }]), 3897);
});

test("an empty cart costs nothing"`,
          ],
        },
      ],
      end: "ok",
      summary: "An item counts as often as its quantity says; once where it says nothing.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.3,
      say: ["looking for other places that add prices: none"],
      verdict: "approve",
      findings: [],
      summary: "The total follows the quantity, and the test fails without the change.",
      costUsd: 0,
    },
  ],
};
