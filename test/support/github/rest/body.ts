import { Refusal } from "../state/refusal.ts";

export type Body = Readonly<Record<string, unknown>>;

/** What may come as JSON; anything but an object is 400. */
export function readBody(text: string): Body {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Body;
  } catch {
    // Told below.
  }
  throw new Refusal(400, "Problems parsing JSON");
}

function wrong(key: string, wanted: string): Refusal {
  return new Refusal(422, `Invalid request.\n\nFor 'properties/${key}', is not ${wanted}.`);
}

export function text(body: Body, key: string): string | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw wrong(key, "a string");
}

export function whole(body: Body, key: string): number | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrong(key, "an integer");
}

export function requireWhole(body: Body, key: string): number {
  const value = whole(body, key);
  if (value === undefined) throw new Refusal(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
  return value;
}

export function requireText(body: Body, key: string): string {
  const value = text(body, key);
  if (value === undefined) throw new Refusal(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
  return value;
}

/** Also of a bare array, and of objects with a `name`. */
export function texts(body: Body, key: string): readonly string[] | undefined {
  const value: unknown = Array.isArray(body) ? body : body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) throw wrong(key, "an array");
  return value.map((one: unknown) => {
    const name = typeof one === "object" && one !== null && "name" in one ? one.name : one;
    if (typeof name !== "string") throw wrong(key, "an array of strings");
    return name;
  });
}

export function requireTexts(body: Body, key: string): readonly string[] {
  const value = texts(body, key);
  if (value === undefined) throw new Refusal(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
  return value;
}

/** Of what there is to choose from; 422 for something else. */
export function choice<T extends string>(body: Body, key: string, allowed: readonly T[]): T | undefined {
  const value = text(body, key);
  if (value === undefined) return undefined;
  const known = allowed.find((one) => one === value);
  if (known === undefined) throw wrong(key, `one of ${allowed.join(", ")}`);
  return known;
}
