/** What a record of it would give back: the engine that keeps nothing shows the same mistakes as the durable one. */
export function jsonCopy<T>(value: T): T {
  return decodeJson(encodeJson(value)) as T;
}

/** `undefined` becomes the empty text, so that a step without a result has none on a replay either. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

export function decodeJson(text: string | null | undefined): unknown {
  return text == null || text === "" ? undefined : (JSON.parse(text) as unknown);
}
