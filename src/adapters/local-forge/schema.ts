import { z } from "zod";

const ObjectId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
/** Becomes a part of ref names that we ask for. */
const Branch = z.string().regex(/^(?!.*\.\.)[^\s\p{Cc}~^:?*[\\]+$/u);

const stamp = { v: z.literal(1), at: z.iso.datetime(), by: z.string() };
const content = { title: z.string(), body: z.string(), base: Branch, head: ObjectId, draft: z.boolean() };

/** What happened to a pull request: one commit of its chain, `event.json` in its tree. */
export const PullRequestEvent = z.discriminatedUnion("kind", [
  z.object({ ...stamp, kind: z.literal("opened"), task: z.string(), branch: Branch, ...content }),
  z.object({ ...stamp, kind: z.literal("updated"), ...content }),
  z.object({ ...stamp, kind: z.literal("commented"), key: z.string(), body: z.string() }),
  z.object({
    ...stamp,
    kind: z.literal("reviewed"),
    verdict: z.enum(["approve", "request_changes"]),
    head: ObjectId,
    why: z.string(),
  }),
  z.object({ ...stamp, kind: z.literal("merged"), head: ObjectId, commit: ObjectId }),
  z.object({ ...stamp, kind: z.literal("closed"), why: z.string() }),
]);
export type PullRequestEvent = Readonly<z.output<typeof PullRequestEvent>>;

/** null for what is no event of a version that we know. */
export function parseEvent(text: string): PullRequestEvent | null {
  try {
    return PullRequestEvent.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
