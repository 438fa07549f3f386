import { mkdtemp, rmdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DomainsNetwork, type ModelNetwork, requireKey } from "../../../config/network.ts";
import type { Relayed } from "../../../ports/sandbox.ts";
import { domainProxy, type Lookup } from "./domain-proxy.ts";
import type { Door, Doorkeeper } from "./doorkeeper.ts";
import { modelProxy } from "./model-proxy.ts";
import { replyOn } from "./reply.ts";
import type { Traffic } from "./traffic.ts";

/** The one way out of a fence without a network, for one run of an agent. */
export interface Gateway extends Relayed, AsyncDisposable {
  readonly env: Doorkeeper["env"];
  readonly traffic: Readonly<Traffic>;
}

export interface GatewayOptions extends Pick<Door, "onRefused" | "onMetered"> {
  readonly lookup?: Lookup;
}

/** More than anybody reads. */
const MAX_TOLD = 50;
/** Each is one of our descriptors. */
const MAX_LINES = 256;
/** Bytes of a unix socket's path, ours behind the folder for temporary files included. */
const MAX_PATH = 107;
const OURS = "/dispatch-XXXXXX/s".length;

/** Rejects with `api_key_missing` (exit 4). */
export async function openGateway(
  network: ModelNetwork | DomainsNetwork,
  { onRefused, onMetered, lookup }: GatewayOptions,
): Promise<Gateway> {
  const traffic: Traffic = { requests: 0, sentBytes: 0, receivedBytes: 0 };
  const door = { onRefused: eachOnce(onRefused), traffic, ...(onMetered === undefined ? {} : { onMetered }) };
  const keeper =
    network.kind === "model"
      ? modelProxy(network, requireKey(network, process.env), door)
      : domainProxy(network, door, lookup);
  const { env, onRequest, onConnect } = keeper;
  const lines = new Set<Socket>();
  const server = createServer((request, answer) => {
    traffic.requests += 1;
    onRequest(request, answer);
  });
  server.maxConnections = MAX_LINES;
  server.on("connect", (request, line, head) => {
    traffic.requests += 1;
    line.on("error", () => line.destroy());
    if (onConnect !== null) return onConnect(request, line, head);
    door.onRefused("nothing but its model server can be reached");
    replyOn(line, 403, "nothing but the model server can be reached");
  });
  server.on("connection", (line) => {
    lines.add(line);
    line.once("close", () => lines.delete(line));
  });
  const folder = await mkdtemp(join(shortTemp(), "dispatch-"));
  const socket = join(folder, "s");
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(socket, resolve);
  });
  return {
    socket,
    env,
    traffic,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => void server.close(resolve));
      for (const line of lines) line.destroy();
      keeper[Symbol.dispose]();
      await closed;
      await rmdir(folder).catch(unlessGone);
    },
  };
}

/** Somebody tidied up: no reason to throw an agent's work away. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function shortTemp(): string {
  const folder = tmpdir();
  return Buffer.byteLength(folder) + OURS <= MAX_PATH ? folder : "/tmp";
}

function eachOnce(tell: (what: string) => void): (what: string) => void {
  const told = new Set<string>();
  return (what) => {
    if (told.has(what) || told.size === MAX_TOLD) return;
    told.add(what);
    tell(what);
  };
}
