import { DispatchError } from "../../../domain/errors.ts";
import { runCommand } from "../../process/run-command.ts";
import type { Cli } from "./cli.ts";

/** Which version a CLI is, and whether it was ever measured here; `version` is null where it does not say. */
export interface Probed {
  readonly version: string | null;
  readonly isTested: boolean;
}

const PATIENCE_MS = 20_000;

/** Asks the program alone: no model, no login. It runs outside of the fence, as the person would type it. */
export async function probeCli(cli: Cli, file: string, env: Readonly<Record<string, string>>): Promise<Probed> {
  const version = await readVersion(file, env);
  return { version, isTested: version !== null && isWithin(version, cli.tested) };
}

async function readVersion(file: string, env: Readonly<Record<string, string>>): Promise<string | null> {
  try {
    const asked = await runCommand({
      ...{ file, args: ["--version"], cwd: "/", timeoutMs: PATIENCE_MS },
      env: { ...env, CI: "1", NO_COLOR: "1" },
    });
    return /\d+\.\d+\.\d+/.exec(asked.stdout)?.[0] ?? null;
  } catch (error) {
    if (error instanceof DispatchError) return null;
    throw error;
  }
}

/** `major.minor.patch`, as numbers. */
function isWithin(version: string, { from, to }: Cli["tested"]): boolean {
  return compare(version, from) >= 0 && compare(version, to) <= 0;
}

function compare(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
