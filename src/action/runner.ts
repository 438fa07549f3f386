import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { Environment, TerminalOutput } from "../cli/terminal.ts";
import type { Finding } from "../domain/verdict.ts";

/** What the runner of GitHub listens to: files for outputs and summary, lines of its own on stdout. */
export interface Runner {
  output(values: Readonly<Record<string, string>>): void;
  summary(markdown: string): void;
  error(message: string, at?: Pick<Finding, "path" | "line">): void;
  /** Whatever `work` prints is no order to the runner, whoever wrote it. */
  deaf<T>(work: () => Promise<T>): Promise<T>;
}

export function openRunner(env: Environment, stdout: TerminalOutput): Runner {
  const say = (line: string): void => void stdout.write(`${line}\n`);
  const append = (name: string, text: string): void => {
    const file = env[name] ?? "";
    if (file !== "") appendFileSync(file, text);
  };
  return {
    output(values) {
      for (const [name, value] of Object.entries(values)) {
        // Nobody can end a value that does not know its end.
        const end = `end-${randomUUID()}`;
        append("GITHUB_OUTPUT", `${name}<<${end}\n${value}\n${end}\n`);
      }
    },
    summary: (markdown) => append("GITHUB_STEP_SUMMARY", `${markdown}\n`),
    error(message, at) {
      const where = at?.path == null ? "" : ` file=${property(at.path)},line=${at.line ?? 1}`;
      say(`::error${where}::${data(message)}`);
    },
    async deaf(work) {
      const word = randomUUID();
      say(`::stop-commands::${word}`);
      try {
        return await work();
      } finally {
        say(`::${word}::`);
      }
    },
  };
}

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
