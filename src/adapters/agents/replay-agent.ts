import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Agent, AgentRequest } from "../../ports/agent.ts";
import { ownProgram } from "../process/own-program.ts";
import { pickEntry } from "./pick-entry.ts";
import type { Part } from "./replay-player.ts";
import { type AgentIdentity, type ProgramOptions, runProgram } from "./run-program.ts";
import type { Recording } from "./schema.ts";

export interface ReplayAgentOptions extends ProgramOptions {
  readonly identity: AgentIdentity;
  readonly recording: Recording;
}

/** The engine `replay`: plays a recording as a real process, for demo, tests and benchmarks. */
export function replayAgent(options: ReplayAgentOptions): Agent {
  return {
    ...options.identity,
    async run(request, onEvent, signal) {
      const part = await writePart(options.recording, request);
      const { args, reads } = ownProgram(import.meta.url, "replay-player");
      const program = { file: process.execPath, args: [...args, part], env: {}, reads: [...reads, part] };
      return runProgram({ network: "none", plan: () => program }, request, onEvent, signal, options);
    },
  };
}

async function writePart(recording: Recording, { input, scratch }: AgentRequest): Promise<string> {
  const entry = pickEntry(recording, input);
  if (entry === undefined) throw notRecorded(input);
  const part: Part = { startSeconds: recording.startSeconds, entry };
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const file = join(await mkdtemp(join(scratch, "replay-")), "part.json");
  await writeFile(file, JSON.stringify(part), { flag: "wx" });
  return file;
}

function notRecorded({ task, role, round, attempt }: AgentRequest["input"]): DispatchError {
  return new DispatchError({
    code: "not_recorded",
    message: `The recording has nothing for the ${role} of task ${task.id} in round ${round}, attempt ${attempt}.`,
    hint: `Add an entry below tasks, ${JSON.stringify(task.id)} or "*", ${role}.`,
    exit: EXIT.usage,
    facts: { task: task.id, role, round, attempt },
  });
}
