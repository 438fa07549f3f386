import type { Narrator } from "../../ports/narrator.ts";
import type { CliContext } from "../context.ts";
import { factLine } from "./fact-line.ts";
import { liveRegion } from "./live-region.ts";

/** NDJSON on stdout, a live region on a terminal, plain lines otherwise. */
export function runNarrator(context: CliContext): Narrator & Disposable {
  if (context.json) return jsonNarrator(context);
  return context.err.live && !context.quiet ? liveRegion(context) : plainNarrator(context);
}

function jsonNarrator(context: CliContext): Narrator & Disposable {
  return {
    fact: ({ at, task, name, data, run }) => {
      const role = "role" in data ? data.role : null;
      context.answerJson({ type: "event", v: 1, at, run, task, role, name, data });
    },
    agent: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

function plainNarrator(context: CliContext): Narrator & Disposable {
  return {
    fact(fact) {
      const line = factLine(fact);
      if (line !== null) context.say(line);
    },
    agent(task, role, event) {
      if (event.kind === "output") context.detail(`${task} ${role}: ${event.line}`);
      if (event.kind === "refused") context.say(`${task} ${role}: ${event.what}`);
    },
    [Symbol.dispose]: () => undefined,
  };
}
