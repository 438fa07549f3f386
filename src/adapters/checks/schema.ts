import { z } from "zod";

/** What `setup` did in one place, and when that is still true. */
export const SetupState = z.object({
  v: z.literal(2),
  /** Of the command and the manifests. */
  key: z.string(),
  /** Of the command and the commit. */
  at: z.string(),
  /** Whose files it ran on, without scripts; null for the base's. */
  owner: z.string().nullable(),
  /** Names the folder itself: another one at the same path starts anew. */
  place: z.string(),
  /** What it made at the top of the worktree (`node_modules`): when that is gone, it is to be done again. */
  made: z.array(z.string()),
});
export type SetupState = z.output<typeof SetupState>;

/** Path in the worktree and what nobody can set back, of everything in the kept folders. */
export const Inventory = z.array(z.tuple([z.string(), z.string()]));
