import type { Usage } from "../../../domain/assignment.ts";
import { addUsage } from "../../../domain/usage.ts";
import { countAt, type Fields, numberAt } from "../fields.ts";

/**
 * Agents differ in what they count as input and output, and the total tells: what it holds beside the two is not in
 * them. null for a record that does not add up.
 */
export function usageOf(record: Fields): Usage | null {
  const [input, output] = [numberAt(record, "inputTokens"), numberAt(record, "outputTokens")];
  if (input === null || output === null) return null;
  const [cacheReadTokens, cacheWriteTokens] = [
    countAt(record, "cachedReadTokens"),
    countAt(record, "cachedWriteTokens"),
  ];
  const [cached, thought] = [cacheReadTokens + cacheWriteTokens, countAt(record, "thoughtTokens")];
  const total = numberAt(record, "totalTokens");
  if (total === null && cached + thought > 0) return null;
  const beside = [
    [0, 0],
    [cached, 0],
    [0, thought],
    [cached, thought],
  ] as const;
  const found = beside.find(([a, b]) => a + b === (total ?? input + output) - input - output);
  if (found === undefined) return null;
  const [a, b] = found;
  return { inputTokens: input + a, outputTokens: output + b, cacheReadTokens, cacheWriteTokens };
}

/** Of two turns of one process: most count on, as ACP has it; who counts less in the second began anew. */
export function afterBoth(first: Usage | null, second: Usage | null): Usage | null {
  const isSum =
    first !== null &&
    second !== null &&
    second.inputTokens >= first.inputTokens &&
    second.outputTokens >= first.outputTokens;
  return isSum ? second : addUsage(first, second);
}
