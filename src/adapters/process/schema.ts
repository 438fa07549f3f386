import { z } from "zod";

/** What is written about a program while it runs, so that the next start can end what a killed dispatcher left. */
export const ProcessRecord = z.object({
  v: z.literal(1),
  /** Changes with every boot; null where it cannot be told. */
  bootId: z.string().nullable(),
  /** `NAME=value`, in the environment of the program and of all that it starts. */
  entry: z.string().min(1),
  owner: z.object({ pid: z.int().positive(), startTime: z.string().nullable() }),
  /** The leader of the group; null until it was started. */
  leader: z.object({ pid: z.int().positive(), startTime: z.string().nullable() }).nullable(),
});
export type ProcessRecord = z.output<typeof ProcessRecord>;
