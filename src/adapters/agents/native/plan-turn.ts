import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "../../../config/network.ts";
import type { AgentProgram, Place } from "../run-program.ts";
import { QUIET } from "../surroundings.ts";
import type { Cli, Server, Turn } from "./cli.ts";
import { putFile } from "./put-file.ts";

/** How an agent reaches its model, and as whom. */
export interface Access {
  /** Where there is no fence, nothing stands between the agent and its server. */
  network(): Promise<Network>;
  /** `way`: what our gateway put into its environment, empty where there is none. */
  server(way: Readonly<Record<string, string>>): Server;
  /** The user's own folder with their login; null: one of ours for each task. */
  readonly login: string | null;
  /** What it sees of our environment and files beside that. */
  readonly env: Readonly<Record<string, string>>;
  readonly reads: readonly string[];
  readonly isRoot: boolean;
  isFenced(): Promise<boolean>;
}

export interface TurnPlan {
  readonly program: { readonly file: string; readonly words: readonly string[] };
  readonly wish: Omit<Turn, "home" | "folder" | "server" | "isRoot" | "isFenced">;
  readonly keep: string;
  readonly place: Place;
}

/** Where everything lies for this turn, and the files that the CLI wants to find. */
export async function planTurn(
  cli: Cli,
  access: Access,
  { program, wish, keep, place }: TurnPlan,
): Promise<AgentProgram> {
  const home = access.login ?? join(keep, "home");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const server = access.server(place.way);
  const as = { isRoot: access.isRoot, isFenced: await access.isFenced() };
  const launch = cli.plan({ ...wish, home, folder: place.folder, server, ...as });
  for (const { path, text } of launch.files) await putFile(path.startsWith(home) ? home : place.folder, path, text);
  const env = { ...access.env, ...QUIET, ...launch.env };
  const args = [...program.words, ...launch.args];
  // Whatever its own ways to keep it from writing are worth.
  const reach = { reads: access.reads, writes: [home], ...(wish.edits ? {} : { readsOnly: true as const }) };
  return { file: program.file, args, env, input: launch.input, ...reach };
}
