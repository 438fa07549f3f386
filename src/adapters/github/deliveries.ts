import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DispatchError, EXIT } from "../../domain/errors.ts";

export interface DeliveriesOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Of the webhook, as GitHub has it. */
  readonly secret: string;
  /** Something happened; what it was is looked up. */
  readonly onNews: () => void;
}

export interface Deliveries extends AsyncDisposable {
  readonly port: number;
}

/** GitHub sends 25 MB at most, and what wakes us needs none of it. */
const MAX_BODY = 25 * 1024 * 1024;
/** Ids remembered: GitHub sends again within days, we forget after so many. */
const REMEMBERED = 10_000;

/**
 * Receives webhooks. A delivery only wakes: what is lost, doubled or late changes nothing, since whoever is woken reads
 * the whole state. What is not signed with our secret wakes nobody. Code `port_taken`.
 */
export async function receiveDeliveries({ host, port, secret, onNews }: DeliveriesOptions): Promise<Deliveries> {
  const seen = new Set<string>();
  const answer = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== "POST") return 405;
    const body = await readBody(request);
    if (body === null) return 413;
    if (!isSigned(body, secret, request.headers["x-hub-signature-256"])) return 401;
    const id = request.headers["x-github-delivery"];
    if (typeof id !== "string" || seen.has(id)) return 200;
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
    if (request.headers["x-github-event"] !== "ping") onNews();
    return 202;
  };
  const server = createServer((request, response) => {
    void answer(request)
      .catch(() => 400)
      .then((status) => response.writeHead(status, { connection: "close" }).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(taken(host, port, error)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function isSigned(body: Buffer, secret: string, signature: unknown): boolean {
  const wanted = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(typeof signature === "string" ? signature : "");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function taken(host: string, port: number, cause: Error): DispatchError {
  return new DispatchError({
    code: "port_taken",
    message: `Nobody can listen at ${host}:${port}: ${cause.message}.`,
    hint: "Name another: dispatch up --port 8788",
    exit: EXIT.usage,
    cause,
  });
}
