import { cartTotal } from "./tasks/cart-total.ts";
import { csvQuotes } from "./tasks/csv-quotes.ts";
import { discount } from "./tasks/discount.ts";
import { freeShipping } from "./tasks/free-shipping.ts";
import { parsePrice } from "./tasks/parse-price.ts";
import { parseQuantity } from "./tasks/parse-quantity.ts";
import { slugAccents } from "./tasks/slug-accents.ts";
import type { Recording } from "./recording-types.ts";

/** What the agents of the demo do. */
export const RECORDING: Recording = {
  v: 1,
  startSeconds: 0.1,
  tasks: {
    "T-1": discount,
    "T-2": csvQuotes,
    "T-3": slugAccents,
    "T-4a": parsePrice,
    "T-4b": parseQuantity,
    "T-5": cartTotal,
    "T-6": freeShipping,
  },
};
