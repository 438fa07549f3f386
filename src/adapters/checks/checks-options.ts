import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MaskStream } from "../../ports/secrets.ts";
import type { Sandbox } from "../../ports/sandbox.ts";

export interface ChecksOptions {
  readonly config: Pick<Config, "checks" | "setup" | "limits" | "agents">;
  /** Its folder: mounts are seen from there. */
  readonly configDir: string;
  readonly sandbox: Sandbox;
  readonly clock: Pick<Clock, "monotonic">;
  /** Records of running processes: see `endLeftovers`. */
  readonly processFolder: string;
  /** Outside the repository: what was set up where, its package cache and its logs. */
  readonly setupFolder: string;
  /** What logs must not show. */
  readonly mask?: () => MaskStream;
  /** Between TERM and KILL. */
  readonly endGraceMs?: number;
}
