/** `a.ts, src/{b,c}/**` is two: a comma inside braces belongs to the glob. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const letter = text[index];
    if (letter === "{") depth += 1;
    if (letter === "}") depth -= 1;
    if (letter !== undefined && (letter !== "," || depth > 0)) continue;
    parts.push(text.slice(start, index).trim());
    start = index + 1;
  }
  return parts.filter((part) => part !== "");
}
