import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listen } from "../../src/adapters/agents/native/listen.ts";
import type { Cli, Told, Turn } from "../../src/adapters/agents/native/cli.ts";
import type { ProcessEnd } from "../../src/domain/assignment.ts";
import { fixture } from "./agent-site.ts";

export interface Played {
  readonly told: Told;
  /** What a person saw. */
  readonly lines: readonly string[];
  /** It was not worth waiting for its end. */
  readonly isHopeless: boolean;
}

/** Everything that a real CLI printed in a turn against a scripted model, read again. */
export function playTranscript(cli: Cli, name: string, exit: ProcessEnd = { kind: "ok" }): Played {
  return playLines(
    cli,
    readFileSync(join(fixture("transcripts"), cli.name, `${name}.jsonl`), "utf8").split("\n"),
    exit,
  );
}

export function playLines(cli: Cli, printed: readonly string[], exit: ProcessEnd = { kind: "ok" }): Played {
  const reader = cli.reader();
  const lines: string[] = [];
  let isHopeless = false;
  const onLine = listen(
    reader,
    (event) => void (event.kind === "output" && lines.push(event.line)),
    () => void (isHopeless = true),
  );
  printed.forEach(onLine);
  return { told: reader.end(exit, printed.join("\n").slice(-4096)), lines, isHopeless };
}

export const exited = (exitCode: number): ProcessEnd => ({ kind: "exit_code", exitCode });

export function aTurn(more: Partial<Turn> = {}): Turn {
  return {
    ...{ edits: true, brief: "# Do it\n\nin secret-brief words\n", guidance: "", cwd: "/w/tree", model: "a-model" },
    ...{ home: "/w/home", folder: "/w/folder", schema: null },
    session: { resume: null, fresh: "11111111-1111-4111-8111-111111111111" },
    server: { protocol: "openai", url: "http://127.0.0.1:1/s", key: "the-key-itself" },
    ...{ isRoot: false, isFenced: false },
    ...more,
  };
}
