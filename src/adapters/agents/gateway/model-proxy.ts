import { Agent, type IncomingMessage, type RequestListener } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { ModelNetwork } from "../../../config/network.ts";
import { RELAY_PORT } from "../../../ports/sandbox.ts";
import { endToEnd, type Header } from "./headers.ts";
import type { Door, Doorkeeper } from "./doorkeeper.ts";
import { openMeter } from "./meter.ts";
import { passOn } from "./pass-on.ts";
import { reply } from "./reply.ts";

/** What stands inside where the key belongs. */
const SENTINEL = "sentinel";
const KEY_HEADERS = ["x-api-key", "x-goog-api-key", "api-key"];
const KEY_PARAMETERS = ["key", "access_token", "oauth_token"];

/** A reverse proxy to the one model server of an agent, which puts the key in. */
export function modelProxy({ upstream, keyName, urlNames }: ModelNetwork, key: string, door: Door): Doorkeeper {
  const { protocol, hostname, port, host } = upstream;
  const base = upstream.pathname.replace(/\/+$/, "");
  const agent = new (protocol === "https:" ? TlsAgent : Agent)({ keepAlive: true });
  const to = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, agent };
  const forms = [key, encodeURIComponent(key)];
  const clean = (value: string): string => forms.reduce((text, form) => text.replaceAll(form, SENTINEL), value);

  const onRequest: RequestListener = (request, answer) => {
    const keyed = withKey(request, key, base);
    if (typeof keyed !== "string") {
      // An answer that is packed could not be read along.
      const plain = keyed.headers.filter(([name]) => name.toLowerCase() !== "accept-encoding");
      const headers: readonly Header[] = [["host", host], ["accept-encoding", "identity"], ...plain];
      return passOn(request, answer, { ...keyed, to, headers, clean, tap: meterInto(door), ...door });
    }
    door.onRefused(keyed);
    reply(answer, 403, keyed);
  };
  const address = `http://127.0.0.1:${RELAY_PORT}${base}`;
  return {
    env: { ...Object.fromEntries(urlNames.map((name) => [name, address])), [keyName]: SENTINEL },
    onRequest,
    onConnect: null,
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function meterInto({ onMetered }: Door): (response: IncomingMessage) => void {
  return (response) => {
    if (onMetered === undefined) return;
    const meter = openMeter();
    response.on("data", (chunk: Buffer) => meter.push(chunk));
    // Also one that was cut off has been paid for as far as it came.
    response.once("close", () => {
      const metered = meter.end();
      if (metered !== null) onMetered(metered);
    });
  };
}

interface Keyed {
  readonly path: string;
  readonly headers: readonly Header[];
}

/** The request as the server gets it, or why it does not. */
function withKey(request: IncomingMessage, key: string, base: string): Keyed | string {
  const { method, url: target = "" } = request;
  const [path = "", ...queries] = target.split("?");
  // It would be answered with its own headers.
  if (method === "TRACE") return "TRACE is not passed on to a model server";
  if (!isBelow(path, base)) return `only what is below ${base}/ of the model server can be asked for`;
  const query = replaceAll(queries.join("?").split("&"), (part) => {
    const [[name, value] = ["", ""]] = new URLSearchParams(part);
    if (!KEY_PARAMETERS.includes(name)) return part;
    return value === SENTINEL ? `${name}=${encodeURIComponent(key)}` : null;
  });
  const headers = replaceAll(endToEnd(request), ([name, value]): Header | null => {
    const isBearer = name.toLowerCase() === "authorization";
    if (!isBearer && !KEY_HEADERS.includes(name.toLowerCase())) return [name, value];
    if (isBearer) return /^bearer +sentinel$/i.test(value) ? [name, `Bearer ${key}`] : null;
    return value === SENTINEL ? [name, key] : null;
  });
  // Another key would be another account: a way for files to leave by a host that is allowed.
  if (query === null || headers === null) return `no other key is passed on than the word ${SENTINEL}`;
  const text = query.join("&");
  return { path: text === "" ? path : `${path}?${text}`, headers };
}

function replaceAll<T>(all: readonly T[], replace: (one: T) => T | null): readonly T[] | null {
  const replaced = all.map(replace).filter((one) => one !== null);
  return replaced.length === all.length ? replaced : null;
}

/** However it is written; an absolute address does not begin with a slash. */
function isBelow(path: string, base: string): boolean {
  const plain = decoded(path);
  if (plain === null || !plain.startsWith("/")) return false;
  if (plain.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment))) return false;
  return plain === base || plain.startsWith(`${decoded(base)}/`);
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
