import { display } from "../../domain/display.ts";
import type { OpenWork } from "../../dispatch/outlook.ts";

/** Open pull requests that are in each other's way, and what to merge first; nothing where none are. */
export function landingText({ conflicts, order }: Pick<OpenWork, "conflicts" | "order">): readonly string[] {
  if (conflicts.length === 0) return [];
  return [
    ...conflicts.map(
      ({ a, b, files }) =>
        `warning  ${a} and ${b} both change ${display(files.join(", "))}: whichever is merged second is made again`,
    ),
    `merge in the order ${order.join(", ")}`,
  ];
}
