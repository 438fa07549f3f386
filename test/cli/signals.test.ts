import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { listenToSignals } from "../../src/cli/signals.ts";

function world(patienceMs: number) {
  const events = new EventEmitter();
  const said: string[] = [];
  let exit: (code: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => (exit = resolve));
  const process = Object.assign(events, { exit: (code: number) => exit(code) });
  return { ...listenToSignals({ process, say: (line) => said.push(line), patienceMs }), events, said, exited };
}

it("the first signal asks to stop, the second ends at once with the code of its own", async () => {
  const { signal, hurry, events, exited, said } = world(60_000);
  events.emit("SIGTERM");
  expect([signal.aborted, hurry.aborted]).toEqual([true, false]);
  expect(signal.reason).toMatchObject({ code: "stopped", exit: 143 });
  events.emit("SIGINT");
  expect(hurry.aborted).toBe(true);
  expect(await exited).toBe(130);
  expect(said).toEqual([]);
});

it("a stop that hangs is ended with a word, and nobody has to say it twice", async () => {
  const { hurry, events, exited, said } = world(20);
  events.emit("SIGTERM");
  // The timer alone keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  expect(await exited).toBe(143);
  clearInterval(alive);
  expect(hurry.aborted).toBe(true);
  expect(said).toEqual(["did not stop within 0.02 s, and is ended: the next dispatch run goes on with it"]);
});
