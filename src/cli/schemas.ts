import { z } from "zod";

/** Types of values on the command line; `valueOf` (value-of.ts) makes commander use them. */
export const Jobs = z.coerce.number().int().min(1).max(256);

export const PullRequestNumber = z.preprocess((text) => String(text).replace(/^#/, ""), z.coerce.number().int().min(1));
