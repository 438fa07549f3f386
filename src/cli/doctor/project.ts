import { chmod, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { missingForRun } from "../../config/runnable.ts";
import { DispatchError } from "../../domain/errors.ts";
import { bad, doubtful, examine, type Finding, good } from "./finding.ts";
import type { Host } from "./host.ts";

export async function repository(host: Host): Promise<Finding> {
  const { root, hasOrigin } = await host.requireRepository();
  return good("repository", hasOrigin ? root : `${root}, without an origin: task branches stay here`);
}

export async function base(host: Host, config: LoadedConfig | null): Promise<Finding> {
  const wanted = config?.config.base;
  const found = await host.readBase(wanted);
  if (found !== null) return good("base", `${found.branch} at ${found.commit.slice(0, 7)}`);
  return wanted === undefined
    ? doubtful(
        "base",
        "not known here: origin will be asked",
        'git remote set-head origin --auto, or "base" in dispatch.jsonc',
      )
    : doubtful("base", `${wanted} is not known here: origin will be asked`, `git fetch origin ${wanted}`);
}

export function configuration(loaded: LoadedConfig): Finding {
  const missing = missingForRun(loaded);
  const name = loaded.file ?? "no dispatch.jsonc";
  if (missing.length === 0) return good("config", name);
  return bad("config", missing.join("; "), loaded.file === null ? "dispatch init" : "dispatch help agents");
}

export function checks({ config }: LoadedConfig): Finding {
  if (config.checks.length > 0) return good("checks", config.checks.join(" && "));
  return doubtful(
    "checks",
    "none: nothing but a reviewer tells good from bad",
    '"checks": "npm test" in dispatch.jsonc',
  );
}

export function backlog({ config }: LoadedConfig): Finding {
  if (config.backlog.length === 0) {
    return bad("backlog", "neither BACKLOG.md nor TODO.md is there", "dispatch help backlog");
  }
  const named = config.backlog.map((source) =>
    "github" in source ? `issues with the label ${source.github.label}` : String(Object.values(source)[0]),
  );
  return good("backlog", named.join(", "));
}

/** Nothing where there is no repository to ask: that is told already. */
export async function trust(host: Host, loaded: LoadedConfig): Promise<readonly Finding[]> {
  const state = await host.readTrust(loaded).catch((error: unknown) => {
    if (error instanceof DispatchError) return null;
    throw error;
  });
  if (state === null) return [];
  const { name, wanted, approval } = state;
  if (wanted === null) return [good("trust", "nothing to approve")];
  if (approval !== null) return [good("trust", `approved on ${approval.at.slice(0, 10)}`)];
  const message = `nobody approved what ${name} starts: run asks at a terminal and refuses elsewhere`;
  return [doubtful("trust", message, "dispatch trust --show, then dispatch trust")];
}

const FACES = {
  person: "a person's token: verdicts are commit statuses, and your approval is a comment where you opened it yourself",
  app: "an App's token: verdicts are check runs, and pull requests start your workflows",
  actions: "the token of a workflow run: verdicts are check runs; its pull requests start no workflow by themselves",
} as const;

/** What the token is decides what GitHub lets us do. */
export async function gitHub(host: Host, loaded: LoadedConfig): Promise<readonly Finding[]> {
  const title = "github";
  const look = async (): Promise<Finding | null> => {
    const face = await host.readFace(loaded);
    if (face === null) return null;
    const { where, login, kind, mayWrite } = face;
    const message = `${where} as ${login}, ${FACES[kind]}`;
    if (mayWrite !== false) return good(title, message);
    const fix = "give the token write access to contents, issues and pull requests: dispatch help github";
    return bad(title, `${message}; it may only read`, fix);
  };
  try {
    const found = await look();
    return found === null ? [] : [found];
  } catch (error) {
    if (error instanceof DispatchError) return [bad(title, error.message, error.hint)];
    throw error;
  }
}

export async function fence(host: Host, { config }: LoadedConfig): Promise<Finding> {
  const found = await host.probeFence();
  if (config.sandbox === "off")
    return doubtful(
      "sandbox",
      "off: agents run as you, with your files and your network",
      '"sandbox": "auto" in dispatch.jsonc',
    );
  if (found.kind === "fenced") {
    return found.uncapped === null
      ? good("sandbox", "bubblewrap, it was tried")
      : doubtful("sandbox", `bubblewrap without a cap on ${found.uncapped.what}`, found.uncapped.fix);
  }
  const message = `none, agents run as you with your files and your network: ${found.why}`;
  return config.sandbox === "required" ? bad("sandbox", message, found.fix) : doubtful("sandbox", message, found.fix);
}

/** One finding per agent: could its program be started, and what it talks to be asked? */
export async function agents(host: Host, loaded: LoadedConfig): Promise<readonly Finding[]> {
  const entries = Object.entries(loaded.config.agents);
  return Promise.all(
    entries.map(async ([name, agent]) => {
      const { engine, command, script } = agent;
      const title = `agent ${name}`;
      const where = `agents.${name}`;
      return examine(title, async () => {
        if (engine === "checks") return good(title, "runs the checks");
        if (engine === "replay") return recording(title, resolve(loaded.folder, script ?? ""));
        if (command === undefined && (engine === "command" || engine === "acp"))
          return bad(title, `has no command, and ${engine} needs one`, '"command": ["./agent.sh"] in dispatch.jsonc');
        const [word = engine] = command ?? [];
        const key = command === undefined ? "engine" : "command";
        const found = await startable(host, { title, word, folder: loaded.folder, where, key });
        if (found.status !== "ok") return found;
        host.requireAccess(where, agent);
        return await measured(host, engine, found);
      });
    }),
  );
}

/** A CLI prints in its own way, and that may change with each version. */
async function measured(host: Host, engine: string, found: Finding): Promise<Finding> {
  const probed = await host.probeAgent(engine, found.message);
  if (probed === null) return found;
  const { version, isTested, tested } = probed;
  if (isTested) return good(found.name, `${found.message}, ${engine} ${version ?? ""}`);
  const range = `${tested.from} to ${tested.to}`;
  const what = version === null ? "does not say which version it is" : `is ${engine} ${version}`;
  return doubtful(
    found.name,
    `${found.message} ${what}; measured were ${range}`,
    "look closely at its first pull requests",
  );
}

interface Program {
  readonly title: string;
  readonly word: string;
  readonly folder: string;
  readonly where: string;
  readonly key: "command" | "engine";
}

async function startable(host: Host, { title, word, folder, where, key }: Program): Promise<Finding> {
  try {
    return good(title, host.requireProgram(word, folder, where, key));
  } catch (error) {
    const file = resolve(folder, word);
    const isFile = word.includes("/") && (await stat(file).catch(() => null))?.isFile() === true;
    if (!(error instanceof DispatchError) || !isFile) throw error;
    return bad(title, error.message, error.hint, () => chmod(file, 0o755));
  }
}

async function recording(title: string, file: string): Promise<Finding> {
  const found = await stat(file).catch(() => null);
  return found === null ? bad(title, `its recording ${file} is not there`, "correct `script`") : good(title, file);
}
