import type { AgentEvent } from "../../../ports/agent.ts";
import type { CliEvent, Reader } from "./cli.ts";
import { isFields, type Fields } from "../fields.ts";
import type { FirstWord } from "../first-word.ts";

/** Nobody lets us in, or nobody pays: to wait makes no difference. */
const HOPELESS: ReadonlySet<number> = new Set([401, 402, 403]);

/** Before its model answered there is none of these. */
const OF_MODEL: ReadonlySet<CliEvent["kind"]> = new Set(["said", "tool", "heard", "asked"]);

/** Gives the lines of a CLI to its reader, and what they mean to whoever watches. */
export function listen(
  reader: Reader,
  onEvent: (event: AgentEvent) => void,
  onHopeless: () => void,
  first?: FirstWord,
): (line: string) => void {
  return (line) => {
    const event = parseLine(line);
    if (event === null) {
      // Warnings of the CLI itself, for people.
      if (line.trim() !== "") onEvent({ kind: "output", line });
      return;
    }
    for (const one of reader.read(event)) {
      if (one.kind === "asked") first?.asked(one.tokens);
      if (OF_MODEL.has(one.kind)) first?.heard();
      const text = textOf(one);
      if (text !== null) onEvent({ kind: "output", line: text });
      if (one.kind === "retrying" && one.status !== null && HOPELESS.has(one.status)) onHopeless();
    }
  };
}

/** null for a line that is no JSON object. */
export function parseLine(line: string): Fields | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : null;
  } catch {
    // Cut since it was too long, or half of one.
    return null;
  }
}

/** For whoever watches; null where it is nothing to them. */
export function textOf(event: CliEvent): string | null {
  switch (event.kind) {
    case "said":
      return event.text;
    case "tool":
      return `${event.name} ${event.detail}`.trim();
    case "retrying":
      return `its server answered ${event.status ?? "nothing"}: it tries again`;
    case "began":
    case "heard":
    case "asked":
    case "unknown":
      return null;
  }
}
