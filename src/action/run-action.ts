import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openActionTools } from "../cli/compose-action.ts";
import { createContext } from "../cli/create-context.ts";
import { exitCodeOf, reportError } from "../cli/output/report-error.ts";
import { displayLine } from "../domain/display.ts";
import { DispatchError, EXIT, type ExitCode } from "../domain/errors.ts";
import { Stopped } from "../ports/steps.ts";
import { decide } from "./decide.ts";
import { publish } from "./publish.ts";
import { openRunner, type Runner } from "./runner.ts";
import { Nothing } from "./step.ts";
import { type ActionWorld, environmentFor, readEvent, readInputs } from "./world.ts";
import { work } from "./work.ts";

/** One run of the Action, told in the runner's own ways; gives the exit code of the step. */
export async function runAction(world: ActionWorld): Promise<ExitCode> {
  const runner = openRunner(world.env, world.stdout);
  try {
    return await begin(world, runner);
  } catch (error) {
    if (error instanceof Nothing) {
      world.stderr.write(`${error.message}\n`);
      runner.output({ "pull-requests": "[]", verdict: "none", "findings-count": "0" });
      runner.summary(`## dispatch\n\nNothing was started: ${displayLine(error.message, 500)}.`);
      return EXIT.done;
    }
    reportError(error, { ...world, argv: [], cwd: "." });
    const why = error instanceof Stopped && error.cause !== undefined ? error.cause : error;
    const { message, hint } = why instanceof DispatchError ? why : { message: String(why), hint: "" };
    runner.error(`${message}\n${hintFor(message) ?? hint}`);
    runner.summary(`## dispatch\n\nIt failed: ${displayLine(message, 1000)}`);
    return exitCodeOf(error);
  }
}

async function begin(world: ActionWorld, runner: Runner): Promise<ExitCode> {
  const { env, signal } = world;
  const inputs = readInputs(env);
  const { name, event } = await readEvent(env);
  const wanted = decide(name, event, inputs);
  if (wanted.kind === "nothing") throw new Nothing(wanted.why);
  if (wanted.pr === null && ABOUT_ONE.includes(wanted.command)) throw unnamed(wanted.command);
  const temp = await mkdtemp(join(env["RUNNER_TEMP"] ?? tmpdir(), "dispatch-"));
  const inside = environmentFor(world, inputs, join(temp, "home"));
  const cwd = resolve(env["GITHUB_WORKSPACE"] ?? ".");
  const tools = await openActionTools({ cwd, env: inside, temp, signal });
  const { asker } = wanted;
  // As it is now: who lost the right since they wrote has lost it.
  if (asker !== null && !(await tools.hub.mayWrite(asker))) throw new Nothing(`${asker} may not write here`);
  const repo = await tools.checkOutBase(event.repository?.default_branch);
  const end: { code: ExitCode } = { code: EXIT.done };
  const options = { repo, config: inputs.config, color: false, input: false, yes: true } as const;
  const context = createContext({ ...world, argv: ["action"], cwd: repo, env: inside }, options, (wished) => {
    end.code = wished;
  });
  const outbox = inputs.outbox === undefined ? null : resolve(cwd, inputs.outbox);
  const label = event.label?.name ?? null;
  // A schedule names nothing, and runs on the default branch.
  const scheduled = name === "schedule" ? env["GITHUB_REF_NAME"] : undefined;
  const branch = event.repository?.default_branch ?? scheduled ?? null;
  const step = { world, runner, inputs, wanted, label, branch, tools, context, outbox };
  await (wanted.command === "apply" ? publish(step) : work(step));
  // What waits for a person, for time or for money is no failure of the workflow.
  return WAITING.includes(end.code) ? EXIT.done : end.code;
}

const ABOUT_ONE = ["review", "address"];

const unnamed = (command: string): DispatchError =>
  new DispatchError({
    code: "input_invalid",
    message: `${command} is about one pull request, and neither the event nor the input pull-request names it.`,
    hint: "with: { pull-request: 7 }, or command: run for all of them",
    exit: EXIT.usage,
  });

const WAITING: readonly ExitCode[] = [EXIT.waiting, EXIT.stopped, EXIT.later];

/** Refusals of GitHub that only a setting can mend. */
function hintFor(message: string): string | null {
  if (/not permitted to create or approve pull requests/i.test(message))
    return 'Settings → Actions → General → "Allow GitHub Actions to create and approve pull requests" (of the organisation, too), or the token of an App. The branch is pushed and kept.';
  return null;
}
