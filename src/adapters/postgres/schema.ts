import { z } from "zod";
import { ROLES } from "../../domain/assignment.ts";

/** Where the private server of one state folder lives. */
export const Place = z.object({
  /** Ours alone: mode 0700, owned by `user`. */
  root: z.string(),
  /** Who runs the server. `isOther`: not who we are, since PostgreSQL refuses to run as root. */
  user: z.object({ uid: z.int(), gid: z.int(), isOther: z.boolean() }),
  data: z.string(),
  password: z.string(),
  log: z.string(),
  lock: z.string(),
});
export type Place = Readonly<z.output<typeof Place>>;

/** The list of links that comes with the npm package's programs. */
export const SymlinkList = z.array(z.object({ source: z.string().min(1), target: z.string().min(1) }));

/**
 * A row of the journal. Names and data are not narrowed down: a newer version may have written facts that this one
 * does not know, and whoever folds them skips those.
 */
export const StoredFact = z.object({
  key: z.string(),
  name: z.string(),
  at: z.string(),
  run: z.string(),
  task: z.string().nullable(),
  episode: z.int(),
  data: z.record(z.string(), z.unknown()),
});

/** A fact with its link; `text` is its data exactly as it was stored. */
export const LinkedFact = StoredFact.omit({ data: true }).extend({
  seq: z.string(),
  text: z.string(),
  hash: z.string(),
});
export type LinkedFact = Readonly<z.output<typeof LinkedFact>>;

/** Work as a host takes it; its input is that which the same version of the story offered. */
export const TakenRow = z.object({
  id: z.string(),
  story: z.string(),
  input: z.unknown(),
  role: z.enum(ROLES).nullable(),
  skills: z.array(z.string()),
});

export const UnfinishedRow = z.object({ id: z.string(), version: z.string() });

export const WorkOutcomeRow = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), value: z.unknown().optional() }),
  z.object({ kind: z.literal("failed"), error: z.unknown().optional() }),
  z.object({ kind: z.literal("cancelled") }),
]);
