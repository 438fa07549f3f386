import type { AgentConfig } from "../../../config/schema.ts";
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

/** What the configuration says goes first. */
export const priceBy = (own: AgentConfig["price"]): Price => (own === undefined ? listPrice : ownPrice(own));

const MILLION = 1e6;

/** What the configuration says, whatever the model; what comes from a cache costs the same where it says nothing else. */
export function ownPrice({
  input,
  output,
  cacheRead = input,
  cacheWrite = input,
}: NonNullable<AgentConfig["price"]>): Price {
  return async (_model, { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 }) => {
    const fresh = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
    const usd = fresh * input + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite + outputTokens * output;
    return usd / MILLION;
  };
}
