import { randomUUID } from "node:crypto";

/** Sortable by time, unique without asking anybody. */
export function newRunId(): string {
  const day = new Date().toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return `${day}-${randomUUID().slice(0, 6)}`;
}
