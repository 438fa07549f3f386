import { lookup as lookupAddress } from "node:dns/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { allowing, type Destination, hostOf, parseAuthority } from "../../../config/allow-list.ts";
import type { DomainsNetwork } from "../../../config/network.ts";
import { RELAY_PORT } from "../../../ports/sandbox.ts";
import { mayLeadTo } from "./addresses.ts";
import { endToEnd } from "./headers.ts";
import type { Door, Doorkeeper } from "./doorkeeper.ts";
import { boundConnect, passOn } from "./pass-on.ts";
import { reply, replyOn, shown } from "./reply.ts";
import { count } from "./traffic.ts";

/** All addresses of a name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

const lookUp: Lookup = async (host) => (await lookupAddress(host, { all: true })).map(({ address }) => address);

/** A forward proxy for the hosts of a list and for nobody else. */
export function domainProxy({ where, allowed }: DomainsNetwork, door: Door, lookup: Lookup = lookUp): Doorkeeper {
  const key = `${where}.network in dispatch.jsonc`;
  const refused = (sentence: string): Judged => {
    door.onRefused(sentence);
    return { status: 403, sentence };
  };
  /** Looked up once: what was judged is what is connected to. */
  const judge = async (to: Destination | null, asked: string): Promise<Judged> => {
    if (to === null) return refused(`${shown(asked)} is no host that ${key} could allow`);
    const [entries, name] = [allowing(allowed, to), shown(`${to.host}:${to.port}`)];
    if (entries.length === 0) return refused(`${name} is not in ${key}`);
    const found = isIP(to.host) === 0 ? await lookup(to.host).catch(() => []) : [to.host];
    if (found.length === 0) return { status: 502, sentence: `${to.host} is not found` };
    const addresses = found.filter((address) => entries.some((entry) => mayLeadTo(entry, address)));
    if (addresses.length > 0) return { to, addresses };
    return refused(`${name} leads to ${found[0]}, which is not public; ${key} has to say that it is meant`);
  };

  const onRequest: RequestListener = (request, answer) => {
    const { url: asked = "" } = request;
    const url = plainUrl(asked);
    void judge(url === null ? null : destinationOf(url), asked).then((judged) => {
      if ("status" in judged) return reply(answer, judged.status, judged.sentence);
      const { to, addresses } = judged;
      const { host, pathname, search } = url ?? new URL(asked);
      const headers = [["host", host] as const, ...endToEnd(request)];
      const onward = { protocol: "http:", hostname: to.host, port: to.port, lookup: only(addresses), agent: false };
      return passOn(request, answer, { ...door, to: onward, path: `${pathname}${search}`, headers });
    });
  };
  const onConnect = (request: IncomingMessage, line: Duplex, head: Buffer): void => {
    const asked = request.url ?? "";
    void judge(parseAuthority(asked), asked).then((judged) => {
      if ("status" in judged) return replyOn(line, judged.status, judged.sentence);
      return tunnel(line, head, judged, door);
    });
  };
  return { env: variables(allowed), onRequest, onConnect, [Symbol.dispose]: () => undefined };
}

interface Admitted {
  readonly to: Destination;
  readonly addresses: readonly string[];
}
type Judged = Admitted | { readonly status: number; readonly sentence: string };

/** What a proxy is asked for; https goes through CONNECT. */
function plainUrl(asked: string): URL | null {
  const url = URL.canParse(asked) ? new URL(asked) : null;
  return url?.protocol === "http:" && url.username === "" && url.password === "" ? url : null;
}

function destinationOf({ hostname, port }: URL): Destination | null {
  const host = hostOf(hostname);
  return host === null ? null : { host, port: Number(port || 80) };
}

function tunnel(line: Duplex, head: Buffer, { to, addresses }: Admitted, { traffic }: Door): void {
  if (line.destroyed) return;
  const outside: Socket = connect({ host: to.host, port: to.port, lookup: only(addresses) });
  boundConnect(outside);
  const fail = (error: Error): void => replyOn(line, 502, `no connection to ${to.host}: ${error.message}`);
  outside.once("error", fail);
  line.once("close", () => outside.destroy());
  outside.once("connect", () => {
    outside.off("error", fail);
    line.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    count(line, traffic, "sentBytes");
    count(outside, traffic, "receivedBytes");
    traffic.sentBytes += head.length;
    outside.write(head);
    pipeline(line, outside, () => undefined);
    pipeline(outside, line, () => undefined);
  });
}

function only(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first] = all;
  return (_host, options, found) =>
    options.all === true ? found(null, all) : found(null, first?.address ?? "", first?.family);
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Not ALL_PROXY: what is neither http nor https has no way out. */
function variables(allowed: DomainsNetwork["allowed"]): Record<string, string> {
  const proxy = `http://127.0.0.1:${RELAY_PORT}`;
  // Inside, these are the agent's own servers, unless one of ours is meant.
  const direct = allowed.some(({ host }) => LOOPBACK.includes(host)) ? "" : LOOPBACK.join(",");
  return {
    ...{ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy },
    ...{ NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: "1" },
  };
}
