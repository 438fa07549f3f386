/** The project before any task: a few small modules with a bug here and there, and tests that pass all the same. */
export const SHOP: Readonly<Record<string, string>> = {
  "README.md": `# A little shop
Made by \`dispatch demo\` to show a whole run without an account, a key or a network.

- \`BACKLOG.md\`: what was to be done. \`dispatch.jsonc\`: who did it, and how.
- \`.dispatch/demo-recording.json\`: what the agents of this demo do. They are a recording; everything else is real:
  the worktrees, the branches, the commits, the tests, the reviews, the pull requests.
- \`.demo/\`: the \`origin\` of this repository, and the state that dispatch keeps for it.

Prices are whole cents everywhere. The tests: \`npm test\`.
`,
  ".gitignore": `node_modules/
# origin and state of the demo
/.demo/
`,
  "package.json": `{
  "name": "shop",
  "private": true,
  "type": "module",
  "scripts": {
    "test": "node test/all.js"
  }
}
`,
  "src/money.js": `/** \`1234\` cents are written \`12.34 EUR\`. */
export function formatPrice(cents) {
  return \`\${(cents / 100).toFixed(2)} EUR\`;
}
`,
  "src/cart.js": `/** What the items cost together, in cents. An item is \`{ name, price, quantity }\`. */
export function cartTotal(items) {
  return items.reduce((sum, item) => sum + item.price, 0);
}
`,
  "src/csv.js": `/** One line of a CSV file. */
export function csvLine(cells) {
  return cells.join(",");
}
`,
  "src/slug.js": `/** The part of an address that names a product. */
export function slugify(name) {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
`,
  "src/shipping.js": `/** From this total on, shipping is free. */
export const FREE_FROM = 5000;
const FLAT_RATE = 490;

/** What shipping costs for an order of this total, in cents. */
export function shippingCost(total) {
  return total > FREE_FROM ? 0 : FLAT_RATE;
}
`,
  "test/all.js": `// One process for every test file: the whole suite takes a fraction of a second.
import { readdirSync } from "node:fs";

const here = new URL(".", import.meta.url);
for (const file of readdirSync(here).sort()) {
  if (file.endsWith(".test.js")) await import(new URL(file, here).href);
}
`,
  "test/money.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { formatPrice } from "../src/money.js";

test("writes cents as an amount", () => {
  assert.equal(formatPrice(1234), "12.34 EUR");
  assert.equal(formatPrice(5), "0.05 EUR");
});
`,
  "test/cart.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { cartTotal } from "../src/cart.js";

test("adds the prices", () => {
  assert.equal(cartTotal([{ name: "mug", price: 1299 }, { name: "plate", price: 899 }]), 2198);
});

test("an empty cart costs nothing", () => {
  assert.equal(cartTotal([]), 0);
});
`,
  "test/csv.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { csvLine } from "../src/csv.js";

test("separates cells by commas", () => {
  assert.equal(csvLine(["mug", 2, 1299]), "mug,2,1299");
});
`,
  "test/slug.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { slugify } from "../src/slug.js";

test("joins words by hyphens", () => {
  assert.equal(slugify("Blue mug, 0.3 l"), "blue-mug-0-3-l");
});
`,
  "test/shipping.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { shippingCost } from "../src/shipping.js";

test("is free for large orders only", () => {
  assert.equal(shippingCost(4999), 490);
  assert.equal(shippingCost(5001), 0);
});
`,
};
