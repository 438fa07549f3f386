/** Seven tasks: five items, and one that is broken down into two. */
export const BACKLOG = `# Backlog of the shop

Each open item becomes a task: one branch, one worktree, one pull request.
An item with open sub-tasks is no task itself: its text is context for them.

- [ ] Take a percentage off a price <!-- id: T-1 est: 3s files: src/discount.js,test/discount.test.js kind: feature -->
  \`discounted(cents, percent)\` gives the price after the discount, in whole cents.
  Refunds are negative prices. A percentage outside 0 to 100 throws a RangeError.
- [ ] Write CSV cells with commas and quotes correctly <!-- id: T-2 est: 2.5s files: src/csv.js,test/csv.test.js kind: fix -->
  "mug, blue" becomes two columns in the export. Follow RFC 4180.
- [ ] Keep accented letters in slugs <!-- id: T-3 est: 2s files: src/slug.js,test/slug.test.js kind: fix -->
  "Crème brûlée" becomes \`cr-me-br-l-e\`. It should be \`creme-brulee\`.
- [ ] Read what customers type into the order form <!-- id: T-4 -->
  The answer is a number, or a RangeError that begins with the name of the field.
  - [ ] Read a price <!-- id: T-4a est: 2s files: src/parse-price.js,test/parse-price.test.js kind: feature -->
    "12", "12.50" and "12,50 EUR" are prices; the answer is in cents.
  - [ ] Read a quantity <!-- id: T-4b est: 1.5s files: src/parse-quantity.js,test/parse-quantity.test.js kind: feature -->
    Whole numbers from 1 to 99.
- [ ] Count every piece of an item in the cart <!-- id: T-5 est: 1.5s files: src/cart.js,test/cart.test.js kind: fix -->
  Three mugs cost as much as one.
- [ ] Free shipping from 50.00 EUR on <!-- id: T-6 est: 0.3s files: src/shipping.js,test/shipping.test.js kind: fix -->
  An order of exactly 50.00 EUR still pays for shipping.
`;
