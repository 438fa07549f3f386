import { dirname, relative, resolve } from "node:path";
import { DispatchError, EXIT } from "../domain/errors.ts";
import { derive, type Settled } from "./derive.ts";
import { environmentLayer } from "./environment-layer.ts";
import { readFileLayer } from "./file-layer.ts";
import { findCheckout, findConfigFiles, findUserFile } from "./find-files.ts";
import { issueLines } from "./issues.ts";
import { type Layer, originOf } from "./layer.ts";
import { formatPath, leaves, merge, type Path, type Tree, valueAt } from "./path.ts";
import { Config } from "./schema.ts";
import { sharedFolder, sharedValues } from "./share.ts";

export interface LoadRequest {
  /** Absolute; anywhere in the checkout. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`: instead of the repository's own file. */
  readonly configFile?: string | null;
  /** What another host's run was configured with: instead of every file and variable. */
  readonly shared?: unknown;
  /** What the command line says, in the shape of the configuration: `{ jobs: 8 }`. */
  readonly flags?: Tree;
}

export interface LoadedConfig {
  readonly config: Settled;
  /** The top of the checkout; the folder itself outside of any. */
  readonly root: string;
  /** The repository's configuration; null when it has none. */
  readonly file: string | null;
  /** Relative commands of agents are resolved against this: where `file` lies, or the top of the checkout. */
  readonly folder: string;
  /** Lowest first; the defaults lie below them. */
  readonly layers: readonly Layer[];
  /** Sentences about things that have no effect. */
  readonly warnings: readonly string[];
  /** Where the value at a key comes from: `dispatch.jsonc:3:11`, `DISPATCH_JOBS`, `default`. */
  readonly sourceOf: (path: Path) => string;
}

/**
 * Flags over environment over repository over user over defaults. Rejects with `config_invalid` (exit 2) and one
 * line per problem. Whether this is enough for a run is a question of its own: `requireRunnable`.
 */
export function loadConfig(request: LoadRequest): LoadedConfig {
  const { cwd, env } = request;
  const root = findCheckout(cwd) ?? cwd;
  if (request.shared !== undefined) return loadShared(request, root);
  const [file = null, ...unread] = configFilesOf(request, root);
  const userFile = findUserFile(env);
  const files = [
    ...(userFile === null ? [] : [readFileLayer({ file: userFile, name: userFile, kind: "user" as const })]),
    ...(file === null ? [] : [readFileLayer({ file, name: nameOf(file, cwd), kind: "repository" as const })]),
  ];
  const environment = environmentLayer(env, mergeAll(files));
  const layers = [...files, environment, flagLayer(request.flags ?? {})];
  const parsed = parse(layers);
  const { config, from } = derive(parsed, root);
  return {
    config,
    root,
    file,
    folder: file === null || file === resolve(root, ".dispatch/config.jsonc") ? root : dirname(file),
    layers,
    warnings: [
      ...environment.warnings,
      ...unread.map((other) => `${nameOf(other, cwd)} is not read: dispatch.jsonc is there`),
    ],
    sourceOf: (path) => {
      const origin = layers.toReversed().find((layer) => valueAt(layer.value, path) !== undefined);
      return origin?.locate(path) ?? from.get(formatPath(path)) ?? "default";
    },
  };
}

/** A person approved it where the run was started: it counts as the user's word here. */
function loadShared({ shared, flags }: LoadRequest, root: string): LoadedConfig {
  const name = "the run's configuration";
  const layers: Layer[] = [{ kind: "user", value: sharedValues(shared), locate: () => name }, flagLayer(flags ?? {})];
  const { config } = derive(parse(layers), root);
  const folder = sharedFolder(shared, root);
  return { config, root, file: null, folder, layers, warnings: [], sourceOf: () => name };
}

/** Every key that has a value, with the value, in the order of the schema. */
export function entriesOf({ config }: LoadedConfig): readonly { readonly path: Path; readonly value: unknown }[] {
  return leaves(config as unknown as Tree).map((path) => ({ path, value: valueAt(config, path) }));
}

function parse(layers: readonly Layer[]): Config {
  const merged = mergeAll(layers);
  const parsed = Config.safeParse(merged);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => issueLines(issue, layers, merged));
  const [first] = parsed.error.issues;
  const inEnvironment = first !== undefined && originOf(layers, first.path.map(String))?.kind === "environment";
  throw new DispatchError({
    code: "config_invalid",
    message: lines.join("\n"),
    hint: inEnvironment ? "mend or unset that variable" : "mend it there, then: dispatch config validate",
    exit: EXIT.usage,
    facts: { problems: lines },
  });
}

function configFilesOf({ cwd, configFile }: LoadRequest, root: string): readonly string[] {
  return configFile === undefined || configFile === null ? findConfigFiles(root) : [resolve(cwd, configFile)];
}

/** As a person would type it from where they stand. */
function nameOf(file: string, cwd: string): string {
  const name = relative(cwd, file);
  return name.startsWith("../../..") ? file : name;
}

function flagLayer(flags: Tree): Layer {
  return {
    kind: "flags",
    value: flags,
    locate: (path) => `--${String(path.at(-1) ?? "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  };
}

const mergeAll = (layers: readonly Layer[]): Tree => layers.reduce((low, { value }) => merge(low, value), {} as Tree);
