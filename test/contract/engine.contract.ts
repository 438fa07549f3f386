import { AsyncResource } from "node:async_hooks";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { DispatchError, EXIT } from "../../src/domain/errors.ts";
import { type Engine, Stopped, type Steps, type Story } from "../../src/ports/steps.ts";
import { caught } from "../support/caught.ts";
import { gate } from "../support/gate.ts";

export interface EngineOptions {
  /** Like the schema of a repository: engines see the work of their own place only. */
  readonly place: string;
  readonly version?: string;
  readonly stopWithinMs?: number;
  readonly stories: Readonly<Record<string, Story>>;
}

let places = 0;

/** The promises of `ports/steps.ts` that hold with and without a record. One engine is open at a time. */
export function engineContract(
  kind: string,
  open: (options: EngineOptions) => Promise<Engine>,
  { isShared = false }: { readonly isShared?: boolean } = {},
): void {
  describe(`the ${kind} engine`, () => {
    let engine: Engine;
    const start = async (
      stories: Readonly<Record<string, Story>>,
      more: Partial<EngineOptions> = {},
    ): Promise<Engine> => {
      engine = await open({ place: `contract_${(places += 1)}`, stories, ...more });
      return engine;
    };
    afterEach(() => engine.stop().catch(() => undefined));

    test("runs the steps of a story in order and gives back its result", async () => {
      const ran: string[] = [];
      await start({
        async sum(steps, input: { readonly a: number; readonly b: number }) {
          const a = await steps.run("first", async () => (ran.push("first"), input.a));
          const b = await steps.run("second", async () => (ran.push("second"), input.b));
          return { sum: a + b };
        },
      });
      expect(await engine.run("w/1", "sum", { a: 1, b: 2 })).toEqual({ sum: 3 });
      expect(ran).toEqual(["first", "second"]);
    });

    test("joins work that runs already: twice is the same as once", async () => {
      const go = gate();
      let runs = 0;
      await start({ slow: (steps) => steps.run("step", async () => ((runs += 1), await go.opened, "result")) });
      const both = [engine.run("w", "slow", null), engine.run("w", "slow", null)];
      go.open();
      expect(await Promise.all(both)).toEqual(["result", "result"]);
      expect(runs).toBe(1);
    });

    test("gives the result of finished work again, without running anything", async () => {
      let runs = 0;
      await start({ once: (steps) => steps.run("step", async () => (runs += 1)) });
      expect(await engine.run("w", "once", null)).toBe(1);
      expect(await engine.run("w", "once", null)).toBe(1);
      expect(await engine.run("other", "once", null)).toBe(2);
    });

    test("gives the error of failed work again, with all that its reader needs", async () => {
      let runs = 0;
      const fails: Story = (steps) =>
        steps.run("step", async () => {
          runs += 1;
          throw new DispatchError({
            code: "no_luck",
            message: "It did not work.",
            hint: "Try again.",
            exit: EXIT.later,
            facts: { tries: 3, of: ["a", null] },
          });
        });
      await start({ fails });
      for (const _ of ["live", "recorded"]) {
        const error = await caught(engine.run("w", "fails", null));
        expect(error).toMatchObject({ code: "no_luck", message: "It did not work.", hint: "Try again.", exit: 75 });
        expect(error.facts).toEqual({ tries: 3, of: ["a", null] });
      }
      expect(runs).toBe(1);
    });

    test("gives errors that are nobody's plan too, also when they are no errors", async () => {
      await start({
        defect: async () => JSON.parse("{") as unknown,
        odd: (steps) => steps.run("step", async () => AbortSignal.abort("just text").throwIfAborted()),
      });
      await expect(engine.run("w/1", "defect", null)).rejects.toThrow("in JSON at position 1");
      await expect(engine.run("w/2", "odd", null)).rejects.toThrow("just text");
    });

    test("lets a story go on after a step that failed", async () => {
      await start({
        async careful(steps) {
          const first = await steps.run("first", async () => Promise.reject(new Error("no"))).catch(() => "failed");
          return [first, await steps.run("second", async () => "worked")];
        },
      });
      expect(await engine.run("w", "careful", null)).toEqual(["failed", "worked"]);
    });

    test("gives each of several steps at once its own result", async () => {
      await start({
        both: (steps) =>
          Promise.all([
            steps.run("slow", async () => (await afterOthers(), "slow")),
            steps.run("fast", async () => "fast"),
          ]),
      });
      expect(await engine.run("w", "both", null)).toEqual(["slow", "fast"]);
    });

    test("runs children, at once too, and gives their results and errors to the parent", async () => {
      await start({
        async parent(steps, n: number) {
          const results = await Promise.all(
            Array.from({ length: n }, (_, i) => steps.child<number>(`c${i}`, "child", "role:coder", i)),
          );
          const error = await steps.child("bad", "child", "role:coder", -1).catch((thrown: unknown) => thrown);
          return { results, code: (error as DispatchError).code };
        },
        async child(steps, i: number) {
          return steps.run("step", async () => {
            if (i < 0) throw new DispatchError({ code: "negative", message: "Below zero.", hint: "Go up." });
            return i * 10;
          });
        },
      });
      expect(await engine.run("w", "parent", 5)).toEqual({ results: [0, 10, 20, 30, 40], code: "negative" });
    });

    test("hands over JSON: what a record cannot keep is lost at once, not at the first replay", async () => {
      const seen: unknown[] = [];
      await start({
        async story(steps, input: unknown) {
          seen.push(input);
          seen.push(await steps.run<unknown>("date", async () => ({ at: new Date(0), gone: undefined })));
          seen.push(await steps.run("nothing", async () => undefined));
          seen.push(await steps.run("null", async () => null));
          return { when: new Date(0) };
        },
      });
      const result = await engine.run("w", "story", { when: new Date(0) });
      const date = "1970-01-01T00:00:00.000Z";
      expect(seen).toStrictEqual([{ when: date }, { at: date }, undefined, null]);
      expect(result).toStrictEqual({ when: date });
    });

    test("refuses two steps with one name, and a step inside a step", async () => {
      await start({
        async twice(steps) {
          await steps.run("same", async () => 1);
          await steps.run("same", async () => 2);
        },
        nested: (steps) => steps.run("outer", () => steps.run("inner", async () => 1)),
      });
      expect((await caught(engine.run("w/1", "twice", null))).code).toBe("step_name_taken");
      expect((await caught(engine.run("w/2", "nested", null))).code).toBe("step_nested");
    });

    test("says which stories there are when it is asked for another one", async () => {
      await start({ known: async () => 1, parent: (steps) => steps.child("c", "unknown", "role:coder", null) });
      for (const story of ["unknown", "parent"]) {
        const error = await caught(engine.run(`w/${story}`, story, null));
        expect(error.code).toBe("story_unknown");
        expect(error.hint).toContain("known");
      }
    });

    test("knows its story also from another asynchronous context, as that of a queue", async () => {
      const elsewhere = new AsyncResource("elsewhere");
      await start({
        async story(steps) {
          const result = await elsewhere.runInAsyncScope(() => steps.run("step", async () => "here"));
          return [result, await elsewhere.runInAsyncScope(() => steps.child("c", "child", "q", null))];
        },
        child: (steps) => steps.run("step", async () => "there"),
      });
      expect(await engine.run("w", "story", null)).toEqual(["here", "there"]);
    });

    test("sleeps until the time is over", async () => {
      await start({
        async story(steps) {
          const before = await steps.run("before", async () => Date.now());
          await steps.sleep("nap", 50);
          return (await steps.run("after", async () => Date.now())) - before;
        },
      });
      expect(await engine.run("w", "story", null)).toBeGreaterThanOrEqual(50);
    });

    test("lists top-level work that has not ended", async () => {
      const [reached, go] = [gate(), gate()];
      const version = "7";
      await start(
        {
          quick: async () => 1,
          parent: (steps) => steps.child("child", "child", "q", null),
          child: (steps) => steps.run("step", async () => (reached.open(), await go.opened)),
        },
        { version },
      );
      expect(await engine.unfinished()).toEqual([]);
      await engine.run("r/done/1", "quick", null);
      const running = engine.run("r/open/1", "parent", null);
      await reached.opened;
      expect(await engine.unfinished()).toEqual([{ id: "r/open/1", status: "running", version }]);
      go.open();
      await running;
      expect(await engine.unfinished()).toEqual([]);
    });

    test("cancels work with its children: signals abort, nothing further begins, and it stays so", async () => {
      const reached = gate();
      let late = 0;
      await start({
        async parent(steps) {
          await steps.child("child", "child", "q", null).catch(() => undefined);
          await steps.run("late", async () => (late += 1));
        },
        async child(steps) {
          await steps.run("step", (signal) => (reached.open(), untilAborted(signal))).catch(() => undefined);
          await steps.run("late", async () => (late += 1));
        },
      });
      const run = engine.run("w", "parent", null);
      await reached.opened;
      await Promise.all([engine.cancel("w"), expect(run).rejects.toMatchObject({ code: "work_cancelled" })]);
      expect((await caught(engine.run("w", "parent", null))).code).toBe("work_cancelled");
      expect(late).toBe(0);
      expect(await engine.unfinished()).toEqual([]);
    });

    test("leaves finished work alone when it is cancelled", async () => {
      await start({ quick: async () => "result" });
      await engine.run("w", "quick", null);
      await engine.cancel("w");
      expect(await engine.run("w", "quick", null)).toBe("result");
    });

    test("stops: signals abort, stories clean up, and only then pending work rejects with Stopped", async () => {
      const reached = gate();
      const order: string[] = [];
      await start({
        async parent(steps) {
          try {
            return await steps.child("child", "child", "q", null);
          } finally {
            order.push("parent");
          }
        },
        async child(steps) {
          try {
            return await steps.run("step", async (signal) => {
              reached.open();
              await untilAborted(signal).catch(() => undefined);
              order.push("step");
              return "an answer that nobody asked for";
            });
          } finally {
            await expect(steps.run("afterwards", async () => order.push("never"))).rejects.toThrow(Stopped);
            order.push("child");
          }
        },
      });
      const run = engine.run("w", "parent", null).catch((error: unknown) => (order.push("run"), error));
      await reached.opened;
      await engine.stop();
      expect(await run).toBeInstanceOf(Stopped);
      expect(order).toEqual(["step", "child", "parent", "run"]);
    });

    test("stops those who sleep", async () => {
      const reached = gate();
      await start({
        async story(steps) {
          await steps.run("step", async () => reached.open());
          await steps.sleep("long", 1e9);
        },
      });
      const run = engine.run("w", "story", null);
      await reached.opened;
      await Promise.all([engine.stop(), expect(run).rejects.toThrow(Stopped)]);
    });

    test("begins nothing after it was stopped, and may be stopped again", async () => {
      await start({ quick: async () => 1 });
      await engine.stop();
      await engine.stop();
      await expect(engine.run("w", "quick", null)).rejects.toThrow(Stopped);
    });

    if (isShared)
      test("takes work whose step gives up with Stopped again, on this host or another", async () => {
        let tries = 0;
        const step = async (): Promise<number> => {
          tries += 1;
          if (tries < 3) throw new Stopped("the disk was full");
          return tries;
        };
        await start({
          child: (steps) => steps.run("step", step),
          parent: (steps) => steps.child("c", "child", "q", null),
        });
        expect(await engine.run("w", "parent", null)).toBe(3);
      });
    if (isShared)
      test("gives up when nothing but trouble came of it", async () => {
        await start({ story: (steps) => steps.run("step", () => Promise.reject(new Stopped("the disk is full"))) });
        await expect(engine.run("w", "story", null)).rejects.toThrow(Stopped);
      });
    if (!isShared)
      test("a step that gives up with Stopped stops its work, whatever the story makes of it", async () => {
        const careless = (steps: Steps): Promise<unknown> =>
          steps.run("step", () => Promise.reject(new Stopped("Ctrl-C"))).catch(() => "went on");
        await start({
          child: careless,
          parent: (steps) => steps.child("c", "child", "q", null).catch(() => "went on"),
        });
        await expect(engine.run("w/1", "child", null)).rejects.toThrow(Stopped);
        await expect(engine.run("w/2", "parent", null)).rejects.toThrow(Stopped);
      });

    test("names the work that does not let go within the time", async () => {
      const [reached, go] = [gate(), gate()];
      await start(
        { deaf: (steps) => steps.run("step", async () => (reached.open(), await go.opened)) },
        { stopWithinMs: 50 },
      );
      const run = engine.run("w", "deaf", null).catch((error: unknown) => error);
      await reached.opened;
      const error = await caught(engine.stop());
      expect(error).toMatchObject({ code: "engine_stop_timeout", facts: { ids: ["w"] } });
      go.open();
      expect(await run).toBeInstanceOf(Stopped);
    });
  });
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

/** Long enough for whatever else is ready. */
function afterOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
