import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";

export const REAL_KEY = "sk-real-7d1f0c2b9a";

export interface StandIn {
  readonly port: number;
  readonly url: string;
  /** `METHOD target`, and the headers, of all that came this far. */
  readonly seen: readonly { readonly line: string; readonly headers: IncomingMessage["headers"]; body: string }[];
}

/** A server on 127.0.0.1 that is gone when the test is over. */
export async function standIn(answer: RequestListener): Promise<StandIn> {
  const seen: { line: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const server = createServer((request, response) => {
    const one = { line: `${request.method} ${request.url}`, headers: request.headers, body: "" };
    seen.push(one);
    request.on("data", (chunk: Buffer) => (one.body += chunk.toString()));
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, url: `http://127.0.0.1:${port}`, seen };
}

/** Answers who has the real key: in three parts, of which the last waits until `release` is called. */
export async function modelServer(): Promise<StandIn & { release(): void }> {
  let release: (() => void) | undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = await standIn((request, response) => {
    const url = new URL(request.url ?? "", "http://model");
    const { "x-api-key": plain, "x-goog-api-key": google, authorization } = request.headers;
    const keys = [plain, google, authorization?.replace("Bearer ", ""), url.searchParams.get("key")];
    request.on("end", () => {
      if (!keys.includes(REAL_KEY)) return void response.writeHead(401).end("no key");
      if (url.pathname.endsWith("/moved"))
        return void response.writeHead(307, { location: `http://elsewhere.invalid/?key=${REAL_KEY}` }).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\n");
      response.write("data: two\n\n");
      void released.then(() => response.end("data: three\n\n"));
    });
  });
  return { ...server, release: () => release?.() };
}
