import { z } from "zod";
import { ROLES } from "../domain/assignment.ts";

/** Types of values on the command line; `valueOf` (value-of.ts) makes commander use them. */
const LANES = "It has to be a whole number from 1 to 256.";
const PORT = "a port is a number from 0 to 65535; 0 takes any that is free";
export const Port = z.coerce.number(PORT).int(PORT).min(0, PORT).max(65535, PORT);
export const Jobs = z.coerce.number(LANES).int(LANES).min(1, LANES).max(256, LANES);

const list = (text: string): string[] => text.split(",").map((one) => one.trim());
export const RoleList = z
  .string()
  .transform(list)
  .pipe(z.array(z.enum(ROLES, `Roles are ${ROLES.join(", ")}.`)).min(1));
const SKILLS = "Name skills with commas between them: python,sql";
export const SkillList = z
  .string()
  .transform(list)
  .pipe(z.array(z.string().regex(/^[\w.+#-]+$/, SKILLS)).min(1));

const USD = "It has to be an amount in USD above 0.";
export const Usd = z.coerce.number(USD).positive(USD);

const DAYS = "It has to be a number of days above 0.";
export const Days = z.coerce.number(DAYS).positive(DAYS).max(36_500, DAYS);

/** Words that an agent or a person will act on. */
export const Words = z.string().trim().min(1, "Say what should change.");

/** `7` or `#7`; else the id of a task. */
export const PullRequestNumber = z
  .string()
  .regex(/^#?\d{1,9}$/)
  .transform((text) => Number(text.replace("#", "")));
