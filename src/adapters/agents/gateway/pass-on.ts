import { type IncomingMessage, request as requestHttp, type RequestOptions, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { endToEnd, framing, type Header } from "./headers.ts";
import { reply } from "./reply.ts";
import { count, type Traffic } from "./traffic.ts";

const CONNECT_MS = 30_000;

export interface Onward {
  /** Where to: chosen by us, never by the request. */
  readonly to: Pick<RequestOptions, "agent" | "hostname" | "lookup" | "port"> & { readonly protocol: string };
  readonly path: string;
  readonly headers: readonly Header[];
  readonly traffic: Traffic;
  /** Takes out of a header of the answer what must not come back. */
  readonly clean?: (value: string) => string;
  /** Reads the answer along. */
  readonly tap?: (response: IncomingMessage) => void;
}

/** Passes a request on and its answer back, as they come; a redirect is an answer like any other. Never throws. */
export function passOn(inbound: IncomingMessage, answer: ServerResponse, onward: Onward): void {
  if (answer.destroyed) return;
  const { to, path, headers, traffic } = onward;
  const send = to.protocol === "https:" ? requestHttps : requestHttp;
  const raw = [...headers, ...framing(inbound)].flat();
  const outbound = attempt(answer, () => send({ ...to, method: inbound.method, path, headers: raw }));
  if (outbound === null) return;
  outbound.once("socket", boundConnect);
  outbound.on("error", (error) => reply(answer, 502, `no answer from ${to.hostname}: ${error.message}`));
  outbound.once("response", (response) => {
    count(response, traffic, "receivedBytes");
    onward.tap?.(response);
    attempt(answer, () => passBack(response, answer, onward));
  });
  answer.once("close", () => outbound.destroy());
  count(inbound, traffic, "sentBytes");
  inbound.pipe(outbound);
}

/** Node refuses to write some of what it reads. */
function attempt<T>(answer: ServerResponse, write: () => T): T | null {
  try {
    return write();
  } catch (error) {
    reply(answer, 502, `not passed on: ${(error as Error).message}`);
    return null;
  }
}

function passBack(response: IncomingMessage, answer: ServerResponse, { clean = (value) => value }: Onward): void {
  const headers = [...endToEnd(response), ...framing(response)].filter(([name]) => name !== "transfer-encoding");
  answer.writeHead(
    response.statusCode ?? 502,
    response.statusMessage,
    headers.flatMap(([name, value]) => [name, clean(value)]),
  );
  // An answer that comes bit by bit may begin with nothing but these.
  answer.flushHeaders();
  pipeline(response, answer, () => undefined);
}

/** How long an answer takes is bounded by the agent's own time. */
export function boundConnect(line: Socket): void {
  if (!line.connecting) return;
  line.setTimeout(CONNECT_MS, () => line.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`)));
  line.once("connect", () => line.setTimeout(0));
}
