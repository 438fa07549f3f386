import { setTimeout as sleep } from "node:timers/promises";
import { DispatchError } from "../../domain/errors.ts";

/** What git says when somebody else is at work in the same repository, half-made neighbours included. */
const BUSY = /commondir|\.lock\b|could not lock|cannot lock|necessary objects/;
const TRIES = 5;
const FIRST_WAIT_MS = 50;

/** Tries again when git was merely in somebody's way: up to 5 times, 50-800 ms apart. `work` must bear repetition. */
export async function retryBusy<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !isBusy(error)) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof DispatchError && BUSY.test(`${error.message}\n${JSON.stringify(error.facts)}`);
}
