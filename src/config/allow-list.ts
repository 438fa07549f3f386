import { isIP, isIPv4 } from "node:net";

/** One host that an agent may reach, as it stands in a list `network`. */
export interface Allowed {
  /** In lower case; an IPv6 address without brackets. */
  readonly host: string;
  /** All names below `host`, and not itself. */
  readonly wildcard: boolean;
  /** null: those of http and https. */
  readonly port: number | null;
}

/** Where a program wants to. */
export interface Destination {
  /** As `Allowed.host`. */
  readonly host: string;
  readonly port: number;
}

const WEB_PORTS = [80, 443];
const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** A last label that is a number makes an address of it, in whatever odd way it is written. */
const ODD_ADDRESS = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const WITH_PORT = /^(\[[^[\]]*\]|[^[\]:]*):(\d{1,5})$/;

/** `example.org`, `*.example.org`, `example.org:8443`, `10.0.0.5`, `[::1]:8080`; null for anything else. */
export function parseAllowed(entry: string): Allowed | null {
  const [, before = entry, digits] = WITH_PORT.exec(entry) ?? [];
  const wildcard = before.startsWith("*.");
  const host = hostOf(wildcard ? before.slice(2) : before);
  const port = digits === undefined ? null : Number(digits);
  if (host === null || (wildcard && isIP(host) !== 0) || (port !== null && !isPort(port))) return null;
  return { host, wildcard, port };
}

/** What stands behind CONNECT; null for what is no host and port. */
export function parseAuthority(authority: string): Destination | null {
  const [, before = "", digits] = WITH_PORT.exec(authority) ?? [];
  const host = hostOf(before);
  const port = Number(digits);
  return host === null || !isPort(port) ? null : { host, port };
}

/** The canonical host; null for what is none: with NUL, user, final dot or an address in an odd form. */
export function hostOf(text: string): string | null {
  const host = text.toLowerCase();
  if (isIPv4(host)) return host;
  if (host.startsWith("[")) return addressOf(host);
  return host.length <= 253 && NAME.test(host) && !ODD_ADDRESS.test(host) ? host : null;
}

/** The one way to write an IPv6 address; a zone belongs to one machine, so it is none. */
function addressOf(brackets: string): string | null {
  const address = brackets.slice(1, -1);
  if (isIP(address) !== 6 || address.includes("%") || !brackets.endsWith("]")) return null;
  return new URL(`http://${brackets}`).hostname.slice(1, -1);
}

const isPort = (port: number): boolean => port >= 1 && port <= 65_535;

/** The entries that let it through: there may be a wider and a narrower one. */
export function allowing(list: readonly Allowed[], { host, port }: Destination): readonly Allowed[] {
  return list.filter(
    (one) =>
      (one.wildcard ? host.endsWith(`.${one.host}`) && isIP(host) === 0 : host === one.host) &&
      (one.port === null ? WEB_PORTS.includes(port) : port === one.port),
  );
}
