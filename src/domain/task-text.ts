import type { Hash } from "./hash.ts";

/** Of a task's text alone: a new estimate or order begins nothing anew. */
export const textHash = (title: string, body: string, hash: Hash): string => hash(JSON.stringify([title, body]));

/** Title and body of an item, as those below it see it. */
export const contextOf = ({ title, body }: { readonly title: string; readonly body: string }): string =>
  `${title}\n\n${body}`.trim();
