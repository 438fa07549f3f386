import { nearest } from "../../domain/nearest.ts";

/** `unknown key "prio": did you mean "priority"?` */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = formOf(key.toLowerCase(), known) ?? nearest(key.toLowerCase(), known);
  return meant === null
    ? `unknown key "${key}": use ${known.join(", ")}`
    : `unknown key "${key}": did you mean "${meant}"?`;
}

/** A longer or shorter form: `prio`, `estimate`. */
function formOf(word: string, known: readonly string[]): string | undefined {
  return known.find((k) => word.length > 1 && (k.startsWith(word) || word.startsWith(k)));
}
