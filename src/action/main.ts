import { listenToSignals } from "../cli/signals.ts";
import { runAction } from "./run-action.ts";

const { signal, hurry } = listenToSignals({ process, say: (line) => void process.stderr.write(`${line}\n`) });
const { env, stdin, stdout, stderr } = process;
process.exitCode = await runAction({ env, stdin, stdout, stderr, signal, hurry });
