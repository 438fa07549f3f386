import { relative, resolve } from "node:path";
import type { Settled } from "./derive.ts";
import type { Layer } from "./layer.ts";
import { isTree, merge, type Tree } from "./path.ts";

/** How a run is configured, for hosts whose clone may say something else or nothing (docs/contract.md §9.10). */
export interface SharedContent {
  /** Everything but what belongs to a machine. */
  readonly values: Tree;
  /** Where relative commands start, from the top of the checkout. */
  readonly folder: string;
}

/** The same, as the database has it. */
export interface SharedConfig {
  readonly hash: string;
  readonly content: unknown;
}

export function shareConfig({
  layers,
  config,
  folder,
  root,
}: {
  readonly layers: readonly Layer[];
  readonly config: Settled;
  readonly folder: string;
  readonly root: string;
}): SharedContent {
  const { checks, pipeline, backlog } = config;
  const merged = layers.reduce((low, { value }) => merge(low, value), {} as Tree);
  const { jobs: _jobs, workDir: _workDir, ...values } = merged;
  // What the run found in its checkout, another clone might not find; empty lists are none.
  const derived = Object.entries({ checks, pipeline, backlog }).filter(([, list]) => list.length > 0);
  return { values: merge(values, Object.fromEntries(derived)), folder: relative(root, folder) };
}

/** What `shareConfig` gave, after its way through the database. */
export function sharedFolder(content: unknown, root: string): string {
  return isTree(content) && typeof content["folder"] === "string" ? resolve(root, content["folder"]) : root;
}

export function sharedValues(content: unknown): Tree {
  return isTree(content) && isTree(content["values"]) ? content["values"] : {};
}
