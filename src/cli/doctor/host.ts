import type { LoadedConfig } from "../../config/load.ts";
import type { AgentConfig } from "../../config/schema.ts";
import type { Face } from "../../ports/hub.ts";
import type { Fence } from "../../ports/sandbox.ts";
import type { TrustState } from "../desk/trust-state.ts";

/** What the doctor asks of the machine and the repository; built in `compose-host.ts`. Errors carry their fix. */
export interface Host {
  /** `2.39.5`; null when there is no git. */
  readGitVersion(): Promise<string | null>;
  /** Rejects with the reason why it cannot be worked on. */
  requireRepository(): Promise<{
    readonly root: string;
    readonly hasOrigin: boolean;
    /** The folder that the repository keeps our state in, if it has one of its own. */
    readonly home?: string | null;
  }>;
  /** Of `configured`, or of what would be the base; null when that is not known here. Asks no network. */
  readBase(configured: string | undefined): Promise<{ readonly branch: string; readonly commit: string } | null>;
  /** The shared database, without its password; null when there is none. */
  sharedDatabase(): string | null;
  /** Programs for the private server, best first. */
  findPostgres(): Promise<readonly { readonly version: string; readonly source: string; readonly folder: string }[]>;
  /** What the configuration starts, and whether a person approved it. */
  readTrust(loaded: LoadedConfig): Promise<TrustState>;
  /** Who we are on GitHub; null where nothing of the configuration is there. Rejects without a token that it takes. */
  readFace(loaded: LoadedConfig): Promise<(Face & { readonly where: string }) | null>;
  /** By running one. */
  probeFence(): Promise<Fence>;
  /** By its own word; null for an engine that needs no particular program. */
  probeAgent(engine: string, file: string): Promise<ProbedAgent | null>;
  /** Rejects when the program of an agent cannot be started. */
  requireProgram(word: string, folder: string, where: string, key?: "command" | "engine"): string;
  /** Rejects where an agent has neither the key nor the login that it needs. */
  requireAccess(where: string, agent: AgentConfig): void;
}

export interface ProbedAgent {
  readonly version: string | null;
  readonly isTested: boolean;
  /** First and last version that were measured. */
  readonly tested: { readonly from: string; readonly to: string };
}
