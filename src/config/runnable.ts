import { DispatchError, EXIT } from "../domain/errors.ts";
import { roleOf } from "./derive.ts";
import { line } from "./issues.ts";
import type { LoadedConfig } from "./load.ts";

/** What a valid configuration still lacks before work can start; empty when nothing. */
export function missingForRun({ config, layers, file }: LoadedConfig): readonly string[] {
  const agents = Object.entries(config.agents);
  const roles = new Set<string>(agents.map(([, { role }]) => role));
  const place = file === null ? "there is no dispatch.jsonc: " : "";
  const missing = [...new Set(["coder", ...config.pipeline.map(roleOf)])]
    .filter((role) => !roles.has(role))
    .map((role) => {
      if (role === "coder") return `${place}no agent has the role coder`;
      return line(layers, ["pipeline"], "value", `names a stage that needs a ${role}, and no agent has that role`);
    });
  const incomplete = agents.flatMap(([name, { engine, command, script }]) => {
    const path = ["agents", name];
    if ((engine === "command" || engine === "acp") && command === undefined)
      return [line(layers, path, "value", `the engine ${engine} needs \`command\``)];
    if (engine === "replay" && script === undefined)
      return [line(layers, path, "value", "the engine replay needs `script`")];
    if (engine === "checks" && config.checks.length === 0)
      return [line(layers, path, "value", "the engine checks needs `checks`")];
    return [];
  });
  return [...missing, ...incomplete];
}

/** Rejects with `config_incomplete` (exit 2) unless a run could start with this configuration. */
export function requireRunnable(loaded: LoadedConfig): void {
  const missing = missingForRun(loaded);
  if (missing.length === 0) return;
  throw new DispatchError({
    code: "config_incomplete",
    message: missing.join("\n"),
    hint: loaded.file === null ? "dispatch init" : "add it by hand, or move the file away and type: dispatch init",
    exit: EXIT.usage,
    facts: { problems: missing },
  });
}
