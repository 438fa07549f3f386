import { z } from "zod";

/** What `setup` did in one place, and when that is still true. */
export const SetupState = z.object({
  v: z.literal(1),
  /** Of the command and the manifests. */
  key: z.string(),
  scriptsOff: z.boolean(),
  /** Names the folder itself: another one at the same path starts anew. */
  place: z.string(),
  /** What it made at the top of the worktree (`node_modules`): when that is gone, it is to be done again. */
  made: z.array(z.string()),
});
export type SetupState = z.output<typeof SetupState>;
