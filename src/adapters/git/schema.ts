import { z } from "zod";

/** Names a process for good; see process-identity.ts. */
const Owner = z.object({
  host: z.string(),
  pid: z.int(),
  bootId: z.string(),
  startTime: z.string(),
  space: z.string(),
});

const Lease = z.object({
  id: z.string().min(1),
  holder: z.string(),
  run: z.string(),
  task: z.string(),
  role: z.string(),
  branch: z.string(),
  /** What it started from. */
  commit: z.string(),
  since: z.string(),
  owner: Owner,
});
export type Lease = z.output<typeof Lease>;

const SlotName = z.string().regex(/^s\d{2,}$/);

export const Slot = z
  .object({
    name: SlotName,
    path: z.string().startsWith("/"),
    /** Its folder in the user's git dir; null until it is made. */
    adminDir: z.string().nullable(),
    /** Coders write, the others only look: they never share a slot. */
    class: z.enum(["code", "verify"]),
    /** `idle`: clean, detached at `commit`. `kept`: holds work that could not be saved elsewhere; never used again. */
    state: z.enum(["leased", "idle", "kept"]),
    /** Of an idle slot. */
    commit: z.string().nullable(),
    lane: z.int().nullable(),
    lease: Lease.nullable(),
    /** Why it is kept. */
    why: z.string().nullable(),
  })
  // Whole folders are moved and cleaned by what stands here.
  .refine(({ name, path }) => path.endsWith(`/${name}`));
export type Slot = z.output<typeof Slot>;
export type SlotClass = Slot["class"];

export const SlotBook = z.object({ v: z.literal(1), slots: z.array(Slot) });

export const FlagLease = z.object({
  id: z.string().min(1),
  holder: z.string(),
  task: z.string().nullable(),
  since: z.string(),
  /** null for a pause that the user asked for: it ends when they say so. */
  owner: Owner.nullable(),
});
export type FlagLease = z.output<typeof FlagLease>;

/** A pause flag of ours. Whatever does not parse is somebody else's. */
export const PauseFlag = z.object({ v: z.literal(1), by: z.literal("dispatch"), leases: z.array(FlagLease) });

/** What merges were found to give: see outlook.ts. Object ids are the keys; whatever does not parse is found out anew. */
export const ForecastBook = z.object({
  v: z.literal(1),
  pairs: z.record(z.string(), z.array(z.string())),
  own: z.record(z.string(), z.array(z.string()).nullable()),
});

/** What a claim on origin says. */
export const Claim = z.object({
  v: z.literal(1),
  task: z.string(),
  /** A clone; `host` is for people. */
  owner: z.string(),
  host: z.string(),
  /** ISO 8601. */
  until: z.string(),
  /** One more with every owner. */
  fence: z.int(),
});
export type Claim = z.output<typeof Claim>;
