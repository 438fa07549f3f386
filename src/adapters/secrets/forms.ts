/** Shorter values are words that stand in any text. */
export const MIN_LENGTH = 8;

/** The ways in which a value turns up in texts: as it is, and in the encodings that tools and agents use. */
export function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(bytes.toString());
  const json = JSON.stringify(value).slice(1, -1);
  const lower = url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const forms = [value, json, url, lower, hex, hex.toUpperCase(), ...base64Forms(bytes)];
  return [...new Set(forms)].filter((form) => form.length >= MIN_LENGTH);
}

/** Also as part of a longer text (`user:value`): what surrounds it shifts its bits, and its first and last letters go. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const inner = text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + bytes.length) * 8) / 6));
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
