import { createHash } from "node:crypto";
import type { AuditMark, Chain } from "../../ports/journal.ts";
import type { LinkedFact } from "./schema.ts";

/** The same as `link` of migrations.ts, on this side: whoever changes rows and functions there is seen here. */
export function linkOf(before: string | null, fact: LinkedFact): string {
  const values = [before, fact.key, fact.name, fact.at, fact.run, fact.task, String(fact.episode), fact.text];
  return createHash("sha256").update(values.map(sized).join("")).digest("hex");
}

/** With its length before it, so that no two lists of values read the same. */
function sized(value: string | null): string {
  return value === null ? "-" : `${Buffer.byteLength(value)}:${value}`;
}

/** Follows the links of these pages, which are all facts of one repository in their order. */
export async function followChain(
  pages: AsyncIterable<readonly LinkedFact[]>,
  see: (mark: AuditMark) => void = () => undefined,
): Promise<Chain> {
  let mark: AuditMark | null = null;
  for await (const page of pages) {
    for (const fact of page) {
      const facts: number = (mark?.facts ?? 0) + 1;
      if (linkOf(mark?.hash ?? null, fact) !== fact.hash) return { mark, broken: { number: facts, key: fact.key } };
      mark = { facts, hash: fact.hash };
      see(mark);
    }
  }
  return { mark, broken: null };
}
