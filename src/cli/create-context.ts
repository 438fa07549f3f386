import { resolve } from "node:path";
import type { ExitCode } from "../domain/errors.ts";
import type { CliContext, CliWorld } from "./context.ts";
import { jsonText } from "./output/json-text.ts";
import { screen } from "./output/screen.ts";

export interface GlobalOptions {
  readonly repo?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  readonly verbose?: true | undefined;
  readonly color: boolean;
  readonly input: boolean;
  readonly yes?: true | undefined;
}

export function createContext(world: CliWorld, options: GlobalOptions, exitWith: (code: ExitCode) => void): CliContext {
  const json = options.json === true;
  const quiet = options.quiet === true;
  const verbose = options.verbose === true;
  const yes = options.yes === true;
  const { color } = options;
  const out = screen({ stream: world.stdout, env: world.env, color });
  const err = screen({ stream: world.stderr, env: world.env, color });
  const silent = (): void => undefined;
  const narrate = (text: string): void => err.line(text);
  return {
    ...world,
    cwd: resolve(world.cwd, options.repo ?? "."),
    configFile: options.config ?? null,
    json,
    quiet,
    verbose,
    yes,
    interactive: options.input && !yes && !json && isTerminal(world),
    out,
    err,
    answer: (text) => out.line(text),
    answerJson: (value) => out.line(jsonText(value)),
    say: quiet || json ? silent : narrate,
    detail: verbose && !json ? narrate : silent,
    warn: json ? silent : narrate,
    exitWith,
  };
}

function isTerminal({ stdin, stdout, env }: CliWorld): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && (env["CI"] ?? "") === "";
}
