import { newRepositoryGit } from "../adapters/git/new-repository.ts";
import type { DemoTools } from "./demo/build-demo.ts";
import type { Environment } from "./terminal.ts";

/** What `dispatch demo` needs before there is a repository to compose anything for. */
export function openDemoTools(env: Environment): DemoTools {
  return { git: newRepositoryGit(env["PATH"] ?? "") };
}
