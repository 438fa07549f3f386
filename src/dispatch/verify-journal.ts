import type { AuditMark } from "../ports/journal.ts";
import type { Ports } from "./ports.ts";

export interface JournalVerdict {
  /** As far as the links hold. */
  readonly mark: AuditMark | null;
  /** How many marks git has of earlier moments. */
  readonly marks: number;
  /** Sentences; empty when all is well. */
  readonly wrong: readonly string[];
}

/** The links tell what was changed, put in or taken out in between; the marks, what was taken off the end. */
export async function verifyJournal({
  journal,
  repository,
}: Pick<Ports, "journal" | "repository">): Promise<JournalVerdict> {
  const marks = await repository.readAudit();
  const missing = new Map(marks.map((mark) => [mark.hash, mark]));
  const { mark, broken } = await journal.audit(({ hash }) => void missing.delete(hash));
  const links = broken === null ? [] : [`fact ${broken.number} (${broken.key}) is not what was recorded there`];
  const lost = [...missing.values()].map(
    ({ facts, hash }) =>
      `the journal had ${facts} facts with head ${hash.slice(0, 12)} once, and has not now: it was changed, or begun anew`,
  );
  return { mark, marks: marks.length, wrong: [...links, ...lost] };
}
