import type { Readable } from "node:stream";

/** What went through one gateway. */
export interface Traffic {
  requests: number;
  sentBytes: number;
  receivedBytes: number;
}

export function count(stream: Readable, traffic: Traffic, what: "sentBytes" | "receivedBytes"): void {
  stream.on("data", (chunk: Buffer) => (traffic[what] += chunk.length));
}

export const trafficText = ({ requests, sentBytes, receivedBytes }: Traffic): string =>
  `through its gateway: ${requests} requests, ${sentBytes} bytes sent, ${receivedBytes} bytes received`;
