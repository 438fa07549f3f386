import type { LoadedConfig } from "../config/load.ts";
import type { CliContext } from "./context.ts";

/** The configuration as this command line sees it; what has no effect is said once. */
export async function readConfig(context: CliContext): Promise<LoadedConfig> {
  const { loadConfig } = await import("../config/load.ts");
  const { cwd, env, configFile } = context;
  const loaded = loadConfig({ cwd, env, configFile });
  for (const warning of loaded.warnings) context.warn(warning);
  return loaded;
}
