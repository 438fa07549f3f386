import { isAbsolute } from "node:path";
import type { CliContext } from "../context.ts";
import type { DemoRepo } from "./build-demo.ts";
import { selfName } from "./self-name.ts";

/** What a newcomer types next, each with what it does. */
export function nextCommands(
  repo: Pick<DemoRepo, "dir">,
  typed: string,
  { argv, env }: Pick<CliContext, "argv" | "env">,
): readonly (readonly [command: string, what: string])[] {
  const self = selfName({ script: process.argv[1] ?? "dispatch", env }, repo.dir);
  // With -C the typed folder is not seen from where the shell stands.
  const moved = argv.some((word) => word.startsWith("-C") || word.startsWith("--repo"));
  const dir = moved || isAbsolute(typed) ? repo.dir : typed;
  return [
    [`cd ${/[^\w./~-]/.test(dir) ? `'${dir.replaceAll("'", `'\\''`)}'` : dir}`, "everything is in there"],
    [`${self} review`, "approve, reject or merge, one by one"],
    [`${self} diff T-1`, "what one of them changes"],
    [`${self} status`, "where every task stands"],
  ];
}
