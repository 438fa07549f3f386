import { basename, relative } from "node:path";

export interface Invocation {
  /** `process.argv[1]`: the path that node was started with, links not followed. */
  readonly script: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * How the person who started us would start us again from `cwd`: `dispatch` where that is a command,
 * `npx dispatch-fleet` where npx brought us, else the script itself.
 */
export function selfName({ script, env }: Invocation, cwd: string): string {
  if (env["npm_command"] === "exec") return "npx dispatch-fleet";
  if (basename(script) === "dispatch") return "dispatch";
  const path = relative(cwd, script);
  return `node ${/\s/.test(path) ? `'${path}'` : path}`;
}
