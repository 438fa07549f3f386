import type { IncomingMessage } from "node:http";

export type Header = readonly [name: string, value: string];

/** They are about one connection, not about the message. */
const OF_ONE_HOP = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "expect"],
];

/** What is meant for the other end, without where the body ends. */
export function endToEnd({ rawHeaders, headers }: IncomingMessage): readonly Header[] {
  const named = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  const dropped = new Set([...OF_ONE_HOP, ...named, "host", "content-length"]);
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const pairs = names.map((name, index): Header => [name, rawHeaders[index * 2 + 1] ?? ""]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** Said anew for the next connection: a body whose end the other side sees elsewhere would be a request of its own. */
export function framing({ headers }: IncomingMessage): readonly Header[] {
  if (headers["transfer-encoding"] !== undefined) return [["transfer-encoding", "chunked"]];
  const length = headers["content-length"];
  return length === undefined ? [] : [["content-length", length]];
}
