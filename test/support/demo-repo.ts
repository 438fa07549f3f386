import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDemoTools } from "../../src/cli/compose-demo.ts";
import { buildDemo, type DemoRepo } from "../../src/cli/demo/build-demo.ts";

export interface BuiltDemo extends DemoRepo, AsyncDisposable {
  /** The folder around it, gone when disposed. */
  readonly temp: string;
}

export async function tempFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "dispatch-demo-")));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

export const demoTools = openDemoTools(process.env);

/** The demo's repository in a temporary folder of its own, before anything ran. */
export async function builtDemo(): Promise<BuiltDemo> {
  const temp = await tempFolder();
  const repo = await buildDemo(join(temp.path, "dispatch-demo"), demoTools);
  return { ...repo, temp: temp.path, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}
