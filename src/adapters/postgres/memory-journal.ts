import { followChain, linkOf } from "./chain.ts";
import type { Fact } from "../../domain/fact.ts";
import type { Journal } from "../../ports/journal.ts";

/** A journal that ends with its process: for tests, and where what has to last is kept on the forge. */
export function memoryJournal(): Journal {
  const stored = new Map<string, Fact>();
  return {
    async append(fact) {
      const first = stored.get(fact.key) ?? structuredClone(fact);
      stored.set(fact.key, first);
      return structuredClone(first);
    },
    async read({ task, run, key, names } = {}) {
      const facts = [...stored.values()].filter(
        (fact) =>
          (task === undefined || fact.task === task) &&
          (run === undefined || fact.run === run) &&
          (key === undefined || fact.key === key) &&
          (names === undefined || names.includes(fact.name)),
      );
      return structuredClone(facts);
    },
    async mark() {
      return (await this.audit()).mark;
    },
    audit(see) {
      let hash: string | null = null;
      const page = [...stored.values()].map((fact, at) => {
        const row = { ...fact, seq: String(at + 1), text: JSON.stringify(fact.data), hash: "" };
        hash = linkOf(hash, row);
        return { ...row, hash };
      });
      return followChain(one(page), see);
    },
  };
}

async function* one<T>(page: T): AsyncIterable<T> {
  yield await Promise.resolve(page);
}
