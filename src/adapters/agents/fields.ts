/** JSON of a foreign program: anything may be missing, or of another kind. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `fields(event, "message", "usage")`: what lies there if all of it are objects, else an empty one. */
export function fields(value: unknown, ...path: readonly string[]): Fields {
  let at: unknown = value;
  for (const key of path) at = isFields(at) ? at[key] : undefined;
  return isFields(at) ? at : {};
}

export const textAt = (value: Fields, key: string): string => (typeof value[key] === "string" ? value[key] : "");

export function numberAt(value: Fields, key: string): number | null {
  const at = value[key];
  return typeof at === "number" && Number.isFinite(at) ? at : null;
}

/** Of a count that a usage record holds; what is missing is none. */
export const countAt = (value: Fields, key: string): number => Math.max(0, Math.round(numberAt(value, key) ?? 0));

export const listAt = (value: Fields, key: string): readonly Fields[] =>
  Array.isArray(value[key]) ? (value[key] as readonly unknown[]).filter(isFields) : [];
