import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { findBacklogFile, findTestCommand } from "../../config/derive.ts";
import { findCheckout, findConfigFiles } from "../../config/find-files.ts";
import { DispatchError, EXIT, hasErrorCode } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { configText, type InitAnswers } from "../init/config-text.ts";
import { commandOf, findAgents, findReviewer, ownAgent } from "../init/known-agents.ts";
import { SOME_ACTION, WORKFLOW_FILE, workflowText } from "../init/workflow-text.ts";

export const init: DefineCommand = (command, context) => {
  command
    .option("--agent <command>", "the program that writes the code, instead of what is found on PATH")
    .option("--github", `write ${WORKFLOW_FILE} instead, for GitHub Actions`)
    .option("--action <name>", "where the Action is, with --github", SOME_ACTION)
    .addHelpText("after", '\nExamples:\n  dispatch init\n  dispatch init --yes --agent "./agent.sh --fast"')
    .action(async ({ agent, github, action }) => {
      if (github === true) return writeWorkflow(context, action);
      const root = requireNew(requireRoot(context));
      const found = findAgents(context.env);
      const proposal: InitAnswers = {
        coder: agent === undefined ? (found[0] ?? null) : ownAgent(agent),
        checks: findTestCommand(root),
        backlog: findBacklogFile(root) ?? "BACKLOG.md",
        reviewer: findReviewer(root),
      };
      const asks = context.interactive && agent === undefined;
      const answers = asks ? await (await import("../init/ask.ts")).ask(context, found, proposal) : proposal;
      const file = join(root, "dispatch.jsonc");
      writeNew(file, configText(answers));
      tell(context, root, answers);
      const first = (await trustWritten(context)) ? "" : "git add dispatch.jsonc && git commit -m start, then ";
      context.say(`  next     ${first}dispatch doctor, then dispatch plan`);
    });
};

/**
 * What was just answered or typed needs no second word; where that cannot be kept, the first run asks. False where there
 * is no commit yet, without which nothing goes on.
 */
async function trustWritten(context: CliContext): Promise<boolean> {
  try {
    const { openTrustAlone } = await import("../compose-trust.ts");
    await (await openTrustAlone({ ...context, configFile: null })).approve();
  } catch (error) {
    if (hasErrorCode(error, "empty_repository")) return false;
    context.warn(`  trust    the first run asks: ${error instanceof Error ? error.message : String(error)}`);
  }
  return true;
}

/** The two jobs of the Action; what it is to do is in dispatch.jsonc. */
function writeWorkflow(context: CliContext, action: string): void {
  const root = requireRoot(context);
  const file = join(root, WORKFLOW_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeNew(file, workflowText(action), WORKFLOW_FILE);
  if (context.json) return context.answerJson({ v: 1, file });
  context.answer(`wrote ${WORKFLOW_FILE}`);
  if (action === SOME_ACTION)
    context.warn(`  action   put the repository of the Action in the place of ${SOME_ACTION}`);
  if (findConfigFiles(root).length === 0) context.warn("  config   none yet: dispatch init");
  context.say('  backlog  "backlog": [{ "github": { "label": "dispatch:ready" } }] in dispatch.jsonc');
  context.say("  next     commit both to the default branch; dispatch help github-action");
}

/** The top of the checkout. */
function requireRoot({ cwd }: CliContext): string {
  const root = findCheckout(cwd);
  if (root === null) {
    throw new DispatchError({
      code: "not_a_repository",
      message: `${cwd} is not in a git repository.`,
      hint: "go to your repository, name it with -C DIR, or make one: git init",
      exit: EXIT.usage,
    });
  }
  return root;
}

function requireNew(root: string): string {
  const [there] = findConfigFiles(root);
  if (there !== undefined) throw alreadyThere(relative(root, there));
  return root;
}

function writeNew(file: string, text: string, name = "dispatch.jsonc"): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw alreadyThere(name);
    throw error;
  }
}

function alreadyThere(name: string): DispatchError {
  return new DispatchError({
    code: "config_exists",
    message: `${name} is there already, and init overwrites nothing.`,
    hint: `look at it (dispatch config print), or move it away first: mv ${name} ${name}.old`,
    exit: EXIT.usage,
  });
}

function tell(context: CliContext, root: string, { coder, checks, backlog }: InitAnswers): void {
  const hasBacklog = findBacklogFile(root) !== null;
  if (context.json) {
    context.answerJson({
      v: 1,
      file: join(root, "dispatch.jsonc"),
      coder: coder === null ? null : commandOf(coder),
      checks,
      backlog,
    });
    return;
  }
  context.answer("wrote dispatch.jsonc");
  context.say(`  coder    ${coder === null ? "none found: put yours into agents.coder" : commandOf(coder).join(" ")}`);
  context.say(`  checks   ${checks ?? "none"}`);
  context.say(
    `  backlog  ${backlog}${hasBacklog ? "" : ', not there yet: a line "- [ ] what should be done" per task'}`,
  );
  if (coder?.kind === "native" && coder.keyName === null)
    context.warn(
      `  login    ${coder.name} uses yours; to keep your home closed to it, set a key (dispatch help agents)`,
    );
}
