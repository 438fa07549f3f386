import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelNetwork, Network } from "../../../config/network.ts";
import type { Stdin } from "../../process/stdin.ts";
import type { AgentProgram, Place } from "../run-program.ts";
import { gateIn, QUIET } from "../surroundings.ts";
import type { Known } from "./known.ts";

/** What is started, and where it finds what it needs. */
export interface AcpProgram {
  /** Found already, and its words as they are. */
  readonly file: string;
  readonly args: readonly string[];
  /** Where there is no fence, nothing stands between the agent and its server. */
  network(): Promise<Network>;
  /** Its one server, where its network is `model`. */
  readonly model: ModelNetwork | null;
  /** That server's key. Throws `api_key_missing` (exit 4). */
  key(model: ModelNetwork): string;
  /** What it sees of our environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that name its own folders: those in `env` are the user's, the others get one of ours for each task. */
  readonly homes: readonly string[];
  readonly settings: Known["settings"];
  readonly reads: readonly string[];
}

export async function planAcp(
  program: AcpProgram,
  edits: boolean,
  keep: string,
  { folder, way }: Place,
  input: (stdin: Stdin) => void,
): Promise<AgentProgram> {
  const { file, args, env, homes, settings, reads } = program;
  const ours = homes.filter((name) => env[name] === undefined).map((name) => [name, join(keep, "home", name)] as const);
  const settingsFile = join(folder, "settings.json");
  if (settings !== null) await writeFile(settingsFile, settings.text, { mode: 0o600 });
  const own = homes.flatMap((name) => env[name] ?? []);
  // Also the user's: what is not there cannot be shown inside a fence.
  for (const home of [...ours.map(([, path]) => path), ...own]) await mkdir(home, { recursive: true, mode: 0o700 });
  const set = settings === null ? {} : { [settings.variable]: settingsFile };
  const seen = { ...Object.fromEntries(ours), ...toServer(program, way), ...set };
  const quiet = { ...QUIET, DO_NOT_TRACK: "1" };
  const writes = [join(keep, "home"), ...own];
  const reach = { reads, writes, ...(edits ? {} : { readsOnly: true as const }) };
  return { file, args, env: { ...quiet, ...seen }, input, ...reach };
}

/** Behind a gateway nothing of it names the server or holds its key, whatever its variables are called. */
function toServer({ env, model, ...program }: AcpProgram, way: Place["way"]): AcpProgram["env"] {
  if (model === null) return env;
  const key = program.key(model);
  const address = model.upstream.href.replace(/\/$/, "");
  const gate = gateIn(way) ?? address;
  const changed: Record<string, string> = { [model.keyName]: key };
  for (const name of model.urlNames) changed[name] = address;
  for (const [name, value] of Object.entries({ ...changed, ...env })) {
    const isServer = value === address || value.startsWith(`${address}/`);
    if (value === key) changed[name] = way[model.keyName] ?? key;
    else changed[name] = isServer ? gate + value.slice(address.length) : value;
  }
  return changed;
}
