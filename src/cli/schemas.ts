import { z } from "zod";

/** Types of values on the command line; `valueOf` (value-of.ts) makes commander use them. */
const LANES = "It has to be a whole number from 1 to 256.";
export const Jobs = z.coerce.number(LANES).int(LANES).min(1, LANES).max(256, LANES);

/** Words that an agent or a person will act on. */
export const Words = z.string().trim().min(1, "Say what should change.");

/** `7` or `#7`; else the id of a task. */
export const PullRequestNumber = z
  .string()
  .regex(/^#?\d{1,9}$/)
  .transform((text) => Number(text.replace("#", "")));
