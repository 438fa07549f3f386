import type { Stdin } from "../../process/stdin.ts";
import { type Fields, fields, isFields, numberAt, textAt } from "../fields.ts";
import { parseLine } from "../native/listen.ts";

/** The agent at the other end of a pipe: JSON-RPC 2.0, one message a line (docs/decisions/acp-by-hand.md). */
export interface Peer {
  ask(method: string, params: Fields): Promise<Answer>;
  tell(method: string, params: Fields): void;
  /** False for a line that is no message. */
  hear(line: string): boolean;
  /** It will answer nothing more. */
  close(): void;
}

export type Answer =
  | { readonly kind: "result"; readonly result: Fields }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "gone" };

export interface Hearing {
  /** What it wants of us; null for what we do not do. */
  onRequest(method: string, params: Fields): Fields | null;
  onNotice(method: string, params: Fields): void;
}

const NOT_OURS = -32601;
const MESSAGE_LENGTH = 2000;

export function openPeer(stdin: Stdin, { onRequest, onNotice }: Hearing): Peer {
  const waiting = new Map<unknown, (answer: Answer) => void>();
  let asked = 0;
  let isGone = false;
  const say = (message: Fields): void => stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

  const hear = (message: Fields): void => {
    const { id, method } = message;
    if (typeof method !== "string") {
      const settle = waiting.get(id);
      waiting.delete(id);
      settle?.(answerIn(message));
    } else if (id === undefined) onNotice(method, fields(message, "params"));
    else {
      const result = onRequest(method, fields(message, "params"));
      say(result === null ? { id, error: { code: NOT_OURS, message: "dispatch does not do this" } } : { id, result });
    }
  };
  return {
    ask(method, params) {
      if (isGone) return Promise.resolve({ kind: "gone" });
      asked += 1;
      const id = asked;
      const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      say({ id, method, params });
      return answer;
    },
    tell: (method, params) => say({ method, params }),
    hear(line) {
      const message = parseLine(line);
      if (message?.["jsonrpc"] !== "2.0") return false;
      hear(message);
      return true;
    },
    close() {
      isGone = true;
      for (const settle of waiting.values()) settle({ kind: "gone" });
      waiting.clear();
    },
  };
}

function answerIn(message: Fields): Answer {
  if (!isFields(message["error"])) return { kind: "result", result: fields(message, "result") };
  const error = message["error"];
  const words = [textAt(error, "message"), detailOf(error["data"])].filter((one) => one !== "");
  return { kind: "error", code: numberAt(error, "code") ?? 0, message: words.join(": ").slice(0, MESSAGE_LENGTH) };
}

/** What really happened stands here, each agent in a way of its own. */
function detailOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (!isFields(data)) return "";
  return textAt(data, "details") || textAt(data, "message") || JSON.stringify(data);
}
