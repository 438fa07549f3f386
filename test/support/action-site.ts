import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Files } from "./git-repo.ts";
import { gitHub } from "./github/index.ts";
import type { GitHub, Repository } from "./github/types.ts";
import { type ActionEnd, type ActionRun, runAction } from "./run-action.ts";

const run = promisify(execFile);

export interface ActionSite extends AsyncDisposable {
  readonly hub: GitHub;
  readonly repo: Repository;
  readonly temp: string;
  /** As actions/checkout makes it; `ref`: another branch than the default one. */
  checkOut(ref?: string): Promise<string>;
  /** The newest delivery of this event, as the event file of a workflow run that it starts. */
  event(name: string, action?: string): ActionRun["event"];
  /** One step in a fresh checkout; `as`: whose token the job has, default that of the workflow run. */
  step(
    more: Partial<ActionRun> & { readonly as?: string; readonly ref?: string; readonly event: ActionRun["event"] },
  ): Promise<ActionEnd>;
}

const LABEL = "dispatch:ready";

const CODER = `mkdir -p src; echo "$DISPATCH_TASK_ID round $DISPATCH_ROUND" > "src/$DISPATCH_TASK_ID.txt"`;
const APPROVES = `echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"`;

export interface ActionSiteOptions {
  readonly coder?: string;
  readonly reviewer?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of both agents. */
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly files?: Files;
}

/** A repository on the stand-in whose base holds the configuration. */
export async function actionSite(options: ActionSiteOptions = {}): Promise<ActionSite> {
  const { coder = CODER, reviewer = APPROVES, config = {}, agent = {}, files = {} } = options;
  const temp = realpathSync(mkdtempSync(join(tmpdir(), "action-")));
  const hub = await gitHub();
  await mkdir(join(temp, "agents"));
  // Installed beside the checkout, as a step of the workflow would.
  const program = async (name: string, body: string): Promise<readonly [string]> => {
    const file = join(temp, "agents", name);
    await writeFile(file, `#!/bin/sh\nset -eu\n${body}\n`, { mode: 0o755 });
    return [file];
  };
  const settings = {
    backlog: [{ github: { label: LABEL } }],
    agents: {
      coder: { role: "coder", engine: "command", command: await program("coder", coder), ...agent },
      reviewer: { role: "reviewer", engine: "command", command: await program("reviewer", reviewer), ...agent },
    },
    sandbox: "off",
    fanOut: { spawnSeconds: 0.1, taskSeconds: 60 },
    ...config,
  };
  const repo = await hub.repository("acme/widgets", {
    files: {
      "README.md": "# widgets\n",
      "dispatch.jsonc": JSON.stringify(settings, null, 2),
      ...files,
    },
  });
  let checkouts = 0;
  const checkOut: ActionSite["checkOut"] = async (ref = repo.defaultBranch) => {
    const folder = join(temp, `checkout-${(checkouts += 1)}`);
    const git = async (...args: string[]): Promise<unknown> => await run("git", ["-C", folder, ...args]);
    await run("git", ["clone", "-q", "--branch", ref, repo.bare, folder]);
    await git("remote", "set-url", "origin", repo.cloneUrl);
    return folder;
  };
  return {
    ...{ hub, repo, temp, checkOut },
    event(name, action) {
      const found = hub.deliveries.findLast(
        (one) => one.event === name && (action === undefined || one.action === action),
      );
      if (found === undefined) throw new Error(`nothing was delivered of ${name} ${action ?? ""}`);
      return { name, payload: found.payload };
    },
    async step({ as = hub.actionsLogin, ref, ...more }) {
      const { GITHUB_TOKEN: token, ...addresses } = hub.env(as);
      const workspace = more.workspace ?? (await checkOut(ref));
      const names = {
        GITHUB_REPOSITORY: repo.fullName,
        GITHUB_WORKFLOW_REF: `${repo.fullName}/.github/workflows/dispatch.yml@refs/heads/main`,
        GIT_ALLOW_PROTOCOL: "file:http",
      };
      return await runAction({ token, temp, ...more, workspace, env: { ...addresses, ...names, ...more.env } });
    },
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await rm(temp, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Every issue of the backlog is ada's. */
export async function openIssues(site: ActionSite, ...titles: readonly string[]): Promise<readonly number[]> {
  const numbers = [];
  for (const title of titles) {
    const number = await site.repo.as("ada").openIssue({ title });
    await site.repo.as("ada").labelIssue(number, "dispatch:ready");
    numbers.push(number);
  }
  return numbers;
}

/** What changed something, oldest first. */
export const writesOf = ({ hub }: ActionSite): readonly string[] =>
  hub.journal
    .filter(({ method, path, body }) => {
      const isQuery = path === "/graphql" && !JSON.stringify(body).includes("mutation");
      return !["GET", "HEAD"].includes(method) && !isQuery && !path.endsWith("git-upload-pack");
    })
    .map(({ method, path }) => `${method} ${path}`);

export const dispatched: ActionRun["event"] = { name: "workflow_dispatch", payload: {} };
