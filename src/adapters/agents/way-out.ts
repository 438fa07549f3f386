import { appendFile } from "node:fs/promises";
import type { Network } from "../../config/network.ts";
import type { AgentEvent } from "../../ports/agent.ts";
import type { Compartment } from "../../ports/sandbox.ts";
import type { MaskStream } from "../../ports/secrets.ts";
import type { Metered } from "./gateway/meter.ts";
import { openGateway } from "./gateway/open-gateway.ts";
import { trafficText } from "./gateway/traffic.ts";

/** What lies behind the `network` of one run of an agent; given back when the run is over. */
export interface WayOut extends Pick<Compartment, "network">, AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

export interface WayOutOptions {
  readonly logFile: string;
  readonly onEvent: (event: AgentEvent) => void;
  readonly mask: (() => MaskStream) | undefined;
  readonly onMetered?: ((metered: Metered) => void) | undefined;
}

/** What was refused is told at once, and stands at the end of the log with what went through. */
export async function openWayOut(
  network: Network,
  { logFile, onEvent, mask, onMetered }: WayOutOptions,
): Promise<WayOut> {
  if (typeof network === "string") return { network, env: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  const notes: string[] = [];
  const onRefused = (sentence: string): void => {
    const what = `refused: ${masked(sentence, mask)}`;
    notes.push(what);
    onEvent({ kind: "refused", what });
  };
  const gateway = await openGateway(network, { onRefused, ...(onMetered === undefined ? {} : { onMetered }) });
  return {
    network: gateway,
    env: gateway.env,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      if (gateway.traffic.requests === 0) return;
      const lines = [...notes, trafficText(gateway.traffic)].map((note) => `[dispatch] ${note}\n`);
      await appendFile(logFile, `\n${lines.join("")}`);
    },
  };
}

/** A name may be asked for only to carry a secret out in it. */
function masked(text: string, mask: WayOutOptions["mask"]): string {
  const stream = mask?.();
  return stream === undefined ? text : Buffer.concat([stream.push(Buffer.from(text)), stream.end()]).toString();
}
