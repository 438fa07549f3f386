import type { Usage } from "../../../domain/assignment.ts";

/** USD for a turn; null where nobody knows what the model costs: that is not nothing. */
export type Price = (model: string | null, usage: Usage) => Promise<number | null>;

/** List prices that come with the package: nothing is fetched. Loaded when the first turn has to be priced. */
export const listPrice: Price = async (model, usage) => {
  if (model === null) return null;
  const { calcPrice } = await import("@pydantic/genai-prices");
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const tokens = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_read_tokens: cacheReadTokens ?? 0,
    cache_write_tokens: cacheWriteTokens ?? 0,
  };
  // `provider/model`, as some name it.
  const name = model.slice(model.indexOf("/") + 1);
  return calcPrice(tokens, name)?.total_price ?? null;
};
