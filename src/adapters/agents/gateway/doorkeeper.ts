import type { IncomingMessage, RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import type { Metered } from "./meter.ts";
import type { Traffic } from "./traffic.ts";

/** Decides what gets out of one gateway, and passes it on. */
export interface Doorkeeper extends Disposable {
  /** What tells programs inside of the way out. */
  readonly env: Readonly<Record<string, string>>;
  readonly onRequest: RequestListener;
  /** null: nobody gets a line of his own. */
  readonly onConnect: ((request: IncomingMessage, line: Duplex, head: Buffer) => void) | null;
}

export interface Door {
  /** A sentence, once for each. */
  readonly onRefused: (what: string) => void;
  readonly traffic: Traffic;
  /** After each answer that says what it has used. */
  readonly onMetered?: (metered: Metered) => void;
}
