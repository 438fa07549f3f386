import { type GitHub } from "./client.ts";
import { isUnclear, statusOf } from "./errors.ts";

/** How long a lost answer is waited for before it is looked again, in milliseconds. */
const LOOKS = [500, 2000, 5000];

/**
 * Found, or made once: where the answer to the making was lost it is looked for again before it is made again, since
 * nothing on GitHub's side would notice that it is there twice. null where it was made now and answered.
 */
export async function ensureOnce<T>(
  { clock, signal }: Pick<GitHub, "clock" | "signal">,
  find: () => Promise<T | null>,
  make: () => Promise<T | undefined>,
): Promise<T | null> {
  for (const [index, wait] of [...LOOKS, null].entries()) {
    const found = await find();
    if (found !== null) return found;
    try {
      return (await make()) ?? null;
    } catch (error) {
      if (!isUnclear(error) || wait === null) throw error;
      // What was refused for good is not there either: no reason to ask long.
      const there = await find();
      if (there !== null) return there;
      if (index > 0 && statusOf(error) === 422) throw error;
      await clock.wait(wait, signal);
    }
  }
  return null;
}
