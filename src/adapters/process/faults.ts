import { writeSync } from "node:fs";
import { parseFaults, type EffectName, type Fault, type Position } from "../../domain/effect.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";

/** What `DISPATCH_FAULT` asks for; null when it is not set. Throws `fault_invalid` (exit 2). */
export function readFaults(text: string | undefined): readonly Fault[] | null {
  if (text === undefined || text === "") return null;
  const faults = parseFaults(text);
  if (typeof faults !== "string") return faults;
  throw new DispatchError({
    code: "fault_invalid",
    message: `DISPATCH_FAULT: ${faults}`,
    hint: "unset DISPATCH_FAULT: it breaks things on purpose, for the product's own tests",
    exit: EXIT.usage,
  });
}

/**
 * Does the harm when its moment comes, `throw` as a defect would. One line on stderr says so first, since nobody else
 * could tell that a process hangs, or that an error was swallowed.
 */
export function openFaults(faults: readonly Fault[]): (effect: EffectName, nth: number, at: Position) => Promise<void> {
  return async (effect, nth, at) => {
    const fault = faults.find((one) => one.effect === effect && one.nth === nth && one.at === at);
    if (fault === undefined) return;
    const words = `DISPATCH_FAULT: ${effect} ${nth}, ${at}`;
    writeSync(2, `${words}: ${fault.how}\n`);
    switch (fault.how) {
      case "kill":
        process.kill(process.pid, "SIGKILL");
        return await forever();
      case "throw":
        throw new Error(words);
      case "hang":
        return await forever();
      case "freeze":
        process.kill(process.pid, "SIGSTOP");
    }
  };
}

const forever = (): Promise<never> => new Promise<never>(() => undefined);
