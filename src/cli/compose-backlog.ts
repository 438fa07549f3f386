import type { TextSource } from "../adapters/backlog/open-backlog.ts";
import type { LoadedConfig } from "../config/load.ts";
import { DispatchError } from "../domain/errors.ts";

/** The sources that this version can read. */
export function textSources(sources: LoadedConfig["config"]["backlog"]): readonly TextSource[] {
  return sources.map((source) => {
    if (!("github" in source)) return source;
    throw new DispatchError({
      code: "source_not_yet",
      message: "a backlog of GitHub issues cannot be read by this version",
      hint: 'use { "markdown": "BACKLOG.md" } in dispatch.jsonc',
      exit: 2,
    });
  });
}
