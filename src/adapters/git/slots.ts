import { join } from "node:path";
import { readIfThere, replaceFile } from "./files.ts";
import { type Slot, SlotBook } from "./schema.ts";

/** Our book about the slots of one repository; changed under the registry lock, read by anybody. */
export interface Slots {
  read(): Promise<readonly Slot[]>;
  /** Under the registry lock only. Gives what `change` gave beside the new list. */
  update<T>(change: (slots: readonly Slot[]) => readonly [readonly Slot[], T]): Promise<T>;
  /** By name, as far as this process made it so: the commit whose files our index of the slot lists. */
  readonly holds: Map<string, string>;
}

export function openSlots(stateDir: string): Slots {
  const file = join(stateDir, "slots.json");
  const read = async (): Promise<readonly Slot[]> => {
    const text = await readIfThere(file);
    // Torn by a power cut, or not ours: `heal` finds the slots again by the lock that each has in the user's git dir.
    return text === null ? [] : (SlotBook.safeParse(parseJson(text)).data?.slots ?? []);
  };
  return {
    read,
    holds: new Map(),
    async update(change) {
      const [slots, answer] = change(await read());
      await replaceFile(file, `${JSON.stringify({ v: 1, slots }, null, 1)}\n`);
      return answer;
    },
  };
}

/** The list with this slot in place of the one of the same name; null takes it out. */
export function replaceSlot(slots: readonly Slot[], name: string, slot: Slot | null): readonly Slot[] {
  const others = slots.filter((one) => one.name !== name);
  return slot === null ? others : [...others, slot].sort((a, b) => a.name.localeCompare(b.name));
}

/** Our own index of a slot: what an agent does to its own is never read. */
export function indexPath(stateDir: string, name: string): string {
  return join(stateDir, "index", name);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
