import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** A sentence of our own as an answer; a broken line where the answer has begun already. */
export function reply(answer: ServerResponse, status: number, sentence: string): void {
  if (answer.headersSent) {
    answer.destroy();
    return;
  }
  // What is left of the request is not read.
  answer.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  answer.end(`dispatch: ${sentence}\n`);
}

/** The same for CONNECT, which gets a line instead of an answer. */
export function replyOn(line: Duplex, status: number, sentence: string): void {
  const body = `dispatch: ${sentence}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  line.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Whatever a stranger sent, as it may stand in a sentence. */
export const shown = (text: string): string => text.slice(0, 120).replace(/[^\x20-\x7e]/g, "?");
