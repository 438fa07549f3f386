import { endOfStatus } from "./classify.ts";
import type { TurnEnd } from "./cli.ts";

/** Its words for what its server said; it tells no code beside them. The first that fits. */
const WORDS: readonly (readonly [words: RegExp, end: (message: string) => TurnEnd])[] = [
  [/ran out of room|context window exceeded/i, gaveUp("context")],
  [/quota exceeded|to use codex with your chatgpt plan/i, gaveUp("quota")],
  [/missing environment variable|not logged in|log ?in again|refresh token/i, gaveUp("auth")],
  [/reason: content_filter|flagged|usage polic/i, gaveUp("refused")],
  [/reason: max_output_tokens/i, gaveUp("truncated")],
  [/hit your usage limit/i, (message) => ({ kind: "rate_limited", retrySeconds: PLAN_SECONDS, message })],
  [/^rate limit exceeded/i, (message) => ({ kind: "rate_limited", retrySeconds: secondsIn(message), message })],
  [
    /high demand|at capacity|^stream disconnected|error sending request|connection failed/i,
    (message) => ({ kind: "overloaded", message }),
  ],
];

/** A subscription's share is spent: it says a time of day, in the words of some place. */
const PLAN_SECONDS = 30 * 60;

/** What a turn's failure means, as far as its message tells. */
export function endOfMessage(message: string): TurnEnd {
  const known = WORDS.find(([words]) => words.test(message))?.[1](message);
  if (known !== undefined) return known;
  const status = statusIn(message);
  const refused = status === null ? null : endOfStatus(status, message, secondsIn(message));
  return refused ?? { kind: "gave_up", why: "crashed", message };
}

export function statusIn(message: string): number | null {
  if (/^rate limit exceeded/i.test(message)) return 429;
  if (/high demand/i.test(message)) return 500;
  const digits = /(?:unexpected|last) status:? (\d{3})\b/.exec(message)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** `try again in 1m2.5s`: whole seconds, never too few. */
function secondsIn(message: string): number | null {
  const found = /try again in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)(ms|s))?/i.exec(message);
  if (found === null) return null;
  const [, hours = "0", minutes = "0", last = "0", unit = "s"] = found;
  const seconds = Number(last) / (unit === "ms" ? 1000 : 1);
  return Math.ceil(Number(hours) * 3600 + Number(minutes) * 60 + seconds) || null;
}

function gaveUp(why: Extract<TurnEnd, { readonly kind: "gave_up" }>["why"]): (message: string) => TurnEnd {
  return (message) => ({ kind: "gave_up", why, message });
}
