import type { BacklogItem } from "../../domain/backlog-item.ts";
import type { Problem } from "./problems.ts";
import type { Annotation } from "./schema.ts";

/** One item as it was read from a text; ids are given when its parents and neighbours are known. */
export interface ReadItem extends Omit<BacklogItem, "id" | "at" | "children"> {
  readonly id: string | null;
  readonly line: number | null;
  readonly children: readonly ReadItem[];
}

/** What a text holds. Items count only when there is no problem. */
export interface Reading {
  readonly items: readonly ReadItem[];
  readonly problems: readonly Problem[];
}

/** The fields of an item that the user annotates, in the product's words and units. */
export function annotated(fields: Annotation) {
  return {
    id: fields.id ?? null,
    after: fields.after,
    estimateSeconds: fields.est ?? null,
    files: fields.files,
    kind: fields.kind ?? null,
    skills: fields.skills,
    value: fields.value ?? null,
    priority: fields.priority ?? null,
  };
}
