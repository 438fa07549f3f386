import { createLogUpdate } from "log-update";
import { display } from "../../domain/display.ts";
import type { Fact } from "../../domain/fact.ts";
import type { Narrator } from "../../ports/narrator.ts";
import type { CliContext } from "../context.ts";
import { factLine } from "./fact-line.ts";

const DRAW_EVERY_MS = 100;

/** What happened scrolls by; below it one line per agent that works, with the last thing it said. */
export function liveRegion(context: CliContext): Narrator & Disposable {
  const draw = createLogUpdate(context.stderr, { showCursor: true });
  const working = new Map<string, string>();
  let dirty = false;
  const timer = setInterval(() => {
    if (dirty) redraw();
  }, DRAW_EVERY_MS);
  timer.unref();

  function redraw(): void {
    dirty = false;
    const { marks, paint, columns } = context.err;
    draw(
      [...working]
        .map(([who, said]) => `${paint.busy(marks.running)} ${who}  ${paint.dim(said)}`.slice(0, columns * 2))
        .join("\n"),
    );
  }

  function scroll(line: string): void {
    draw.clear();
    context.say(line);
    redraw();
  }

  return {
    fact(fact) {
      track(working, fact);
      const line = factLine(fact);
      dirty = true;
      if (line !== null) scroll(line);
    },
    agent(task, role, event) {
      if (event.kind === "refused") scroll(`${task} ${role}: ${event.what}`);
      if (event.kind !== "output") return;
      const who = `${task} ${role}`;
      if (!working.has(who)) return;
      working.set(who, display(event.line).slice(0, 60));
      dirty = true;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      draw.clear();
    },
  };
}

function track(working: Map<string, string>, fact: Fact): void {
  if (fact.name === "assignment.started") working.set(`${fact.task ?? ""} ${fact.data.role}`, "");
  if (fact.name === "assignment.ended") working.delete(`${fact.task ?? ""} ${fact.data.role}`);
}
