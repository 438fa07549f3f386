import type { Leak, SearchedText, Secrets } from "../../ports/secrets.ts";
import { formsOf } from "./forms.ts";
import { readKnown, type SecretSources } from "./known.ts";
import { masker, maskStream } from "./masking.ts";
import { loadPatterns } from "./patterns.ts";

interface Known {
  readonly name: string;
  readonly forms: readonly string[];
}

/** Nothing is read before it is asked for. */
export function openSecrets(sources: SecretSources): Secrets {
  const known = once(() => readKnown(sources).map(({ name, value }): Known => ({ name, forms: formsOf(value) })));
  const forms = once(() => [...new Set(known().flatMap((one) => one.forms))]);
  const mask = once(() => masker(forms()));
  const patterns = once(loadPatterns);
  // Much faster than to look for each, and the answer is nearly always no.
  const mayHold = (text: string): boolean => [text, joined(text)].some((one) => mask()(one) !== one);
  return {
    mask: (text) => mask()(text),
    maskStream: () => maskStream(forms()),
    nameIn: (text) => known().find((one) => holds(one, text))?.name ?? null,
    async find(texts) {
      const search = await patterns();
      const found: Leak[] = [];
      for (const text of texts) {
        if (mayHold(text.text)) found.push(...findKnown(known(), text));
        found.push(...(await search(text)));
      }
      return found;
    },
  };
}

/** Base64 comes in lines of 76. */
const joined = (text: string): string => text.replace(/\s+/g, "");

const holds = ({ forms }: Known, text: string): boolean => forms.some((form) => text.includes(form));

function findKnown(known: readonly Known[], { place, text, lines }: SearchedText): readonly Leak[] {
  return known.flatMap((one) => {
    const form = one.forms.find((any) => text.includes(any));
    if (form === undefined && !holds(one, joined(text))) return [];
    const row = form === undefined ? -1 : text.slice(0, text.indexOf(form)).split("\n").length - 1;
    return [{ place, line: lines?.[row] ?? null, rule: `the value of ${one.name}` }];
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
