import { z } from "zod";

/** Types of values on the command line; `valueOf` (value-of.ts) makes commander use them. */
const LANES = "It has to be a whole number from 1 to 256.";
export const Jobs = z.coerce.number(LANES).int(LANES).min(1, LANES).max(256, LANES);

export const PullRequestNumber = z.preprocess((text) => String(text).replace(/^#/, ""), z.coerce.number().int().min(1));
