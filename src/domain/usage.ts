import type { Usage } from "./assignment.ts";

/** null where one of them is unknown. What only one of them tells of its cache counts for both. */
export function addUsage(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return null;
  const cache = (["cacheReadTokens", "cacheWriteTokens"] as const).filter(
    (key) => a[key] !== undefined || b[key] !== undefined,
  );
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...Object.fromEntries(cache.map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)])),
  };
}
