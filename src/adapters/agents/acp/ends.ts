import { endOfStatus, endOfWords as endOfUnknown } from "../native/classify.ts";
import type { TurnEnd } from "../native/cli.ts";
import { type Fields, textAt } from "../fields.ts";
import type { Answer } from "./rpc.ts";

const LOGIN_NEEDED = -32000;

/** How some end a turn that failed: well, and with these as its last words. */
const FAILED = /^Error: /;

/** What the answer to a prompt says. `words`: the last that it said before. */
export function endOfTurn(result: Fields, words: string): TurnEnd {
  const reason = textAt(result, "stopReason");
  switch (reason) {
    case "end_turn":
      return FAILED.test(words) ? endOfWords(words.replace(FAILED, "")) : { kind: "ok" };
    case "max_tokens":
      return gaveUp("truncated", "its model's answer was cut off at its greatest length");
    case "max_turn_requests":
      return gaveUp("max_turns", "it asked its model as often as it may in one turn");
    case "refusal":
      return gaveUp("refused", words || "its model refused");
    default:
      return gaveUp("crashed", reason === "" ? "it ended its turn without a word why" : `its turn ended: ${reason}`);
  }
}

/** `login`: what it says of how a person logs in. */
export function endOfError({ code, message }: Extract<Answer, { kind: "error" }>, login: string): TurnEnd {
  if (code === LOGIN_NEEDED) return gaveUp("auth", `${message.replace(/\.$/, "")}; ${login}`);
  return endOfWords(message);
}

/** Not within an address: `127.0.0.1:443`, `/v1/500`. */
const STATUS = /(?<![\w.:/-])[45]\d\d(?![\w-]|\.\d)/g;
const SPOKEN = [
  [/rate.?limit|too many requests/i, 429],
  [/overloaded|temporarily unavailable/i, 503],
  [/unauthori[sz]ed|invalid.{0,8}api.?key|authentication (?:failed|required)|not logged in/i, 401],
] as const;

/** There are no kinds of errors in ACP: what it says is all there is. */
function endOfWords(message: string): TurnEnd {
  const statuses = Array.from(message.matchAll(STATUS), ([status]) => Number(status));
  const spoken = SPOKEN.flatMap(([words, status]) => (words.test(message) ? [status] : []));
  // 0: there are ends that are known by their words alone.
  for (const status of [...statuses, ...spoken, 0]) {
    const end = endOfStatus(status, message);
    if (end !== null) return end;
  }
  const end = endOfUnknown(message);
  return end.kind === "gave_up" ? gaveUp(end.why, end.message) : end;
}

function gaveUp(why: Extract<TurnEnd, { kind: "gave_up" }>["why"], message: string): TurnEnd {
  return { kind: "gave_up", why, message: message.replaceAll(/\s+/g, " ").trim() };
}
