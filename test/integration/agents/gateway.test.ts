import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { type Gateway, openGateway } from "../../../src/adapters/agents/gateway/open-gateway.ts";
import { openWayOut } from "../../../src/adapters/agents/way-out.ts";
import { openSecrets } from "../../../src/adapters/secrets/open-secrets.ts";
import { parseAllowed } from "../../../src/config/allow-list.ts";
import type { Network } from "../../../src/config/network.ts";
import type { AgentEvent } from "../../../src/ports/agent.ts";
import { standIn } from "../../support/model-server.ts";
import { setVariable } from "../../support/set-variable.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

interface Opened {
  readonly gateway: Gateway;
  readonly refused: string[];
  /** Names that were looked up. */
  readonly asked: string[];
  /** Status and text of the answer to a request with this target. */
  ask(target: string, method?: string): Promise<string>;
  line(): Socket;
}

async function opened(hosts: readonly string[], addresses: Record<string, readonly string[]> = {}): Promise<Opened> {
  const [refused, asked]: [string[], string[]] = [[], []];
  const allowed = hosts.map(parseAllowed).filter((one) => one !== null);
  const gateway = await openGateway(
    { kind: "domains", where: "agents.a", allowed },
    {
      onRefused: (what) => refused.push(what),
      lookup: (host) => {
        asked.push(host);
        return Promise.resolve(addresses[host] ?? []);
      },
    },
  );
  const { socket: socketPath } = gateway;
  let isOpen = true;
  const dispose = gateway[Symbol.asyncDispose];
  const whole: Gateway = {
    ...gateway,
    async [Symbol.asyncDispose]() {
      if (isOpen) await dispose();
      isOpen = false;
    },
  };
  onTestFinished(() => whole[Symbol.asyncDispose]());
  return {
    ...{ gateway: whole, refused, asked, line: () => connect(socketPath).on("error", () => undefined) },
    async ask(target, method = "GET") {
      const sent = request({ socketPath, path: target, method }).end();
      const [answer, line] = (await Promise.race([once(sent, "response"), once(sent, "connect")])) as [
        IncomingMessage,
        Socket | undefined,
      ];
      line?.destroy();
      return `${answer.statusCode} ${line === undefined ? await text(answer) : ""}`.trim();
    },
  };
}

test("a name is looked up once, and what was judged is what is connected to", async () => {
  const server = await standIn((_request, response) => response.end("here"));
  const { ask, asked } = await opened([`localhost:${server.port}`], { localhost: ["127.0.0.1"] });
  expect(await ask(`http://localhost:${server.port}/x`)).toBe("200 here");
  expect(await ask(`localhost:${server.port}`, "CONNECT")).toBe("200");
  expect(asked).toEqual(["localhost", "localhost"]);
  const misled = await opened([`localhost:${server.port}`], { localhost: ["127.0.0.2"] });
  expect(await misled.ask(`http://localhost:${server.port}/x`)).toMatch(/^502\b/);
  expect(await misled.ask(`localhost:${server.port}`, "CONNECT")).toMatch(/^502\b/);
});

test("a name that leads to this machine, or to a network behind it, is refused; none that is not listed is asked for", async () => {
  const { ask, asked, refused } = await opened(["evil.test", "*.corp.test:443", "gone.test"], {
    "evil.test": ["127.0.0.1", "169.254.169.254"],
    "a.corp.test": ["10.0.0.1"],
  });
  const why = (name: string, address: string): string =>
    `${name} leads to ${address}, which is not public; agents.a.network in dispatch.jsonc has to say that it is meant`;
  expect(await ask("http://evil.test/")).toBe(`403 dispatch: ${why("evil.test:80", "127.0.0.1")}`);
  expect(await ask("a.corp.test:443", "CONNECT")).toMatch(/^403\b/);
  expect(refused).toEqual([why("evil.test:80", "127.0.0.1"), why("a.corp.test:443", "10.0.0.1")]);
  expect(await ask("http://gone.test/")).toBe("502 dispatch: gone.test is not found");
  expect(await ask("http://secret.elsewhere.test/")).toMatch(/^403\b/);
  expect(asked).toEqual(["evil.test", "a.corp.test", "gone.test"]);
});

test.each([
  ["GET", "/path"],
  ["GET", "https://example.org/"],
  ["GET", "ftp://example.org/"],
  ["GET", "http://user@example.org/"],
  ["GET", "http://example.org./"],
  ["CONNECT", "example.org"],
  ["CONNECT", "example.org.:443"],
  ["CONNECT", "evil.test%00.example.org:443"],
  ["CONNECT", "x@example.org:443"],
  ["CONNECT", "0x7f000001:443"],
  ["CONNECT", "[::1]:443"],
])("%s %s is refused, whatever it would lead to", async (method, target) => {
  const { ask, asked, refused } = await opened(["example.org", "*.example.org"], { "example.org": ["127.0.0.1"] });
  expect(await ask(target, method)).toMatch(/^403\b/);
  expect([refused.length, asked]).toEqual([1, []]);
});

test("a NUL in a host gets nowhere", async () => {
  const { line, asked } = await opened(["*.example.org"]);
  const sent = line();
  sent.write("CONNECT evil.test\0.example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n");
  expect(await text(sent)).toMatch(/^HTTP\/1\.1 40[03] /);
  expect(asked).toEqual([]);
});

test("a refusal is told once, and a flood of them is cut", async () => {
  const { ask, refused } = await opened([]);
  for (let number = 0; number < 60; number += 1) await ask(`http://h${number % 55}.test/`);
  expect(refused.length).toBe(50);
  expect(new Set(refused).size).toBe(50);
});

test("a refusal shows no secret that it was to carry out, neither on the screen nor in the log", async () => {
  const logFile = join(temporaryFolder("log"), "agent.log");
  const secrets = openSecrets({ env: { A_TOKEN: "canary-3f1b9c" }, names: [], passed: [], root: "/", urls: [] });
  const told: AgentEvent[] = [];
  const network: Network = { kind: "domains", where: "agents.a", allowed: [] };
  const way = await openWayOut(network, { logFile, onEvent: (event) => told.push(event), mask: secrets.maskStream });
  if (typeof way.network === "string") throw new Error("no gateway");
  const sent = request({ socketPath: way.network.socket, path: "http://canary-3f1b9c.test/" }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  expect(await text(answer)).toContain("canary-3f1b9c");
  await way[Symbol.asyncDispose]();
  const what = "refused: ***.test:80 is not in agents.a.network in dispatch.jsonc";
  expect(told).toEqual([{ kind: "refused", what }]);
  expect(await readFile(logFile, "utf8")).toBe(
    `\n[dispatch] ${what}\n[dispatch] through its gateway: 1 requests, 0 bytes sent, 0 bytes received\n`,
  );
});

test("headers of one connection stay on it, and host is what was judged", async () => {
  const server = await standIn((_request, response) => {
    response.writeHead(200, { connection: "x-mine", "x-mine": "1", "x-other": "2" }).end("here");
  });
  const { line } = await opened([`127.0.0.1:${server.port}`]);
  const sent = line();
  const head = [`GET http://127.0.0.1:${server.port}/ HTTP/1.1`, "host: elsewhere", "proxy-authorization: Basic x"];
  sent.write(`${[...head, "connection: close, x-hop", "x-hop: 1", "x-end: 1"].join("\r\n")}\r\n\r\n`);
  const answer = await text(sent);
  expect(answer).toContain("x-other: 2");
  expect(answer).not.toContain("x-mine: 1");
  const [seen] = server.seen;
  expect(seen?.headers).toMatchObject({ host: `127.0.0.1:${server.port}`, "x-end": "1" });
  expect(Object.keys(seen?.headers ?? {})).not.toEqual(expect.arrayContaining(["x-hop"]));
  expect(Object.keys(seen?.headers ?? {})).not.toEqual(expect.arrayContaining(["proxy-authorization"]));
});

test("who goes away is not waited for, on either side", async () => {
  let gone: Promise<unknown> | undefined;
  const server = await standIn((asked, response) => {
    gone = once(response, "close");
    response.write("begun");
    if (asked.url === "/cut") setImmediate(() => response.destroy());
  });
  const { line, ask, gateway } = await opened([`127.0.0.1:${server.port}`]);
  const sent = line();
  sent.write(`GET http://127.0.0.1:${server.port}/ HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(sent, "data");
  sent.destroy();
  await gone;
  await expect(ask(`http://127.0.0.1:${server.port}/cut`)).rejects.toThrow("aborted");

  const tunnel = line();
  tunnel.write(`CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(tunnel, "data");
  tunnel.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(tunnel, "data");
  const ended = once(tunnel, "close");
  await gateway[Symbol.asyncDispose]();
  await Promise.all([ended, gone]);
  expect(existsSync(dirname(gateway.socket))).toBe(false);
});

test("its socket has a path that is short enough, wherever temporary files are", async () => {
  const long = join(temporaryFolder("long"), "x".repeat(100));
  await mkdir(long);
  setVariable("TMPDIR", long);
  const { gateway, ask } = await opened([]);
  expect(gateway.socket.length).toBeLessThanOrEqual(107);
  expect(await ask("http://example.org/")).toMatch(/^403\b/);
});

test("what the model's server says of tokens is read along, and nothing that it is sent asks for a packed answer", async () => {
  setVariable("A_KEY", "real-key");
  const answer = JSON.stringify({ type: "message", model: "m", usage: { input_tokens: 7, output_tokens: 3 } });
  const server = await standIn((_request, response) => response.end(answer));
  const metered: unknown[] = [];
  const about = { kind: "model", where: "agents.a", keyName: "A_KEY", urlNames: [], isDefault: false } as const;
  const gateway = await openGateway(
    { ...about, upstream: new URL(server.url) },
    { onRefused: () => undefined, onMetered: (one) => metered.push(one) },
  );
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  const headers = { "x-api-key": "sentinel", "accept-encoding": "gzip, br" };
  const sent = request({ socketPath: gateway.socket, path: "/v1/messages", headers }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  expect(await text(response)).toBe(answer);
  expect(server.seen[0]?.headers).toMatchObject({ "accept-encoding": "identity", "x-api-key": "real-key" });
  await expect
    .poll(() => metered, { timeout: 50_000 })
    .toEqual([{ usage: { inputTokens: 7, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 }, model: "m" }]);
});
