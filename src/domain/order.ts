/** What a person may tell us beside a pull request: `/dispatch fix the typo`. */
export type OrderWord =
  | { readonly kind: "fix"; readonly why: string }
  | { readonly kind: "retry" }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "stop" }
  | { readonly kind: "explain" }
  | { readonly kind: "rebase" }
  | { readonly kind: "budget"; readonly usd: number };

export const ORDERS = ["fix WHAT", "retry", "pause", "resume", "stop", "explain", "rebase", "budget USD"] as const;

/** More is a slip of the keyboard. */
const MOST_USD = 10_000;

/** The answer to what is none: the form of the one that was meant, or all that there are. */
export function askBack(text: string): string {
  const [word] = text.trim().toLowerCase().split(/\s/);
  const meant = ORDERS.find((order) => order.replace(/ .*/, "") === word);
  if (meant === undefined) return `There is no such order. There are: ${ORDERS.join(", ")}.`;
  const amount = meant === "budget USD" ? `, with an amount of at most ${MOST_USD}, like 7.50` : "";
  return `Nothing was done: it has to say \`/dispatch ${meant}\`${amount}.`;
}

/** null for what is none of these: asked back, never guessed. */
export function parseOrder(text: string): OrderWord | null {
  const [, word = "", rest = ""] = /^(\S+)([\s\S]*)$/.exec(text.trim()) ?? [];
  const why = rest.trim();
  switch (word.toLowerCase()) {
    case "fix":
      return why === "" ? null : { kind: "fix", why };
    case "retry":
      return { kind: "retry" };
    case "pause":
      return { kind: "pause" };
    case "resume":
      return { kind: "resume" };
    case "stop":
      return { kind: "stop" };
    case "explain":
      return { kind: "explain" };
    case "rebase":
      return { kind: "rebase" };
    case "budget": {
      const usd = /^\d{1,5}(\.\d{1,9})?$/.test(why) ? Number(why) : 0;
      return usd > 0 && usd <= MOST_USD ? { kind: "budget", usd } : null;
    }
    default:
      return null;
  }
}
