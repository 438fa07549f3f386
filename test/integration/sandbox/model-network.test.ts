import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openSandbox } from "../../../src/adapters/sandbox/open-sandbox.ts";
import type { AgentConfig } from "../../../src/config/schema.ts";
import { type AgentSite, agentSite } from "../../support/agent-site.ts";
import { whyNoFence } from "../../support/fence.ts";
import { modelServer, REAL_KEY, standIn } from "../../support/model-server.ts";
import { setVariable } from "../../support/set-variable.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fileAt, pidIn, processesIn } from "../../support/process-probes.ts";

const sandbox = openSandbox({ mode: "required", repository: null });

/** Asks its model server for `path` and writes down the status; exit 0 when there was an answer. */
const ASK = `const [path, headers = "{}", method = "POST", more = ""] = process.argv.slice(1);
const answer = await fetch(process.env.ANTHROPIC_BASE_URL + path, { method, redirect: "manual",
  headers: { "x-api-key": process.env.ANTHROPIC_API_KEY, ...JSON.parse(headers) }, body: more || undefined });
console.log(answer.status, answer.headers.get("location") ?? "", (await answer.text()).trim());`;
const ask = (...words: readonly string[]): string =>
  `node --input-type=module -e '${ASK}' ${words.map((word) => `'${word}'`).join(" ")}`;

let site: AgentSite;
let temp: string;
beforeEach(() => {
  site = agentSite(sandbox);
  temp = temporaryFolder("gateways");
  setVariable("TMPDIR", temp);
  setVariable("ANTHROPIC_API_KEY", REAL_KEY);
});

const opened = (script: string, more: Partial<AgentConfig>) =>
  site.open({ command: ["sh", "-c", script], network: "model", apiKeyEnv: "ANTHROPIC_API_KEY", ...more });

describe.skipIf(whyNoFence !== null)("an agent with the network of its model", () => {
  test("asks its server and hears the answer as it comes, with a key that it never sees", async () => {
    const model = await modelServer();
    const listen = `const answer = await fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages?beta=true", {
        method: "POST", body: "hello", headers: { "x-api-key": process.env.ANTHROPIC_API_KEY } });
      const { appendFileSync } = await import("node:fs");
      for await (const part of answer.body) appendFileSync("heard.txt", part);`;
    const agent = opened(`node --input-type=module -e '${listen}'; env > env.txt; cat /proc/[0-9]*/environ > all.txt`, {
      baseUrl: `${model.url}/proxy/`,
      env: ["ANTHROPIC_API_KEY"],
    });
    const running = site.run(agent);
    // The end of the answer waits for us, and we for its beginning.
    const heard = (): Promise<string> => readFile(join(site.cwd, "heard.txt"), "utf8").catch(() => "");
    await expect.poll(heard, { timeout: 50_000, interval: 10 }).toContain("data: two\n\n");
    model.release();
    expect((await running).end).toEqual({ kind: "ok" });
    expect(await heard()).toContain("data: three");
    expect(model.seen).toMatchObject([
      { line: "POST /proxy/v1/messages?beta=true", body: "hello", headers: { host: `127.0.0.1:${model.port}` } },
    ]);
    const env = await readFile(join(site.cwd, "env.txt"), "utf8");
    expect(env).toContain("ANTHROPIC_BASE_URL=http://127.0.0.1:18000/proxy\n");
    expect(env).toContain("ANTHROPIC_API_KEY=sentinel\n");
    expect(env).not.toContain("OPENAI_BASE_URL");
    expect(`${env}${await readFile(join(site.cwd, "all.txt"), "utf8")}`).not.toContain(REAL_KEY);
    expect(await readFile(site.logFile, "utf8")).toMatch(
      /\[dispatch\] through its gateway: 1 requests, 5 bytes sent, \d+ bytes received\n$/,
    );
    expect([readdirSync(temp), processesIn(site.cwd)]).toEqual([[], []]);
  });

  test("is told of a key wherever it belongs, and of no other key", async () => {
    const model = await modelServer();
    model.release();
    const script = [
      ask("/a", '{"authorization":"Bearer sentinel","x-api-key":"sentinel"}'),
      ask("/b?key=sentinel&alt=sse", '{"x-goog-api-key":"sentinel"}'),
      ask("/c", '{"x-api-key":"sk-of-the-agent"}'),
      ask("/d?%6bey=sk-of-the-agent"),
      ask("/e", '{"authorization":"Bearer sk-of-the-agent"}'),
    ].join("\n");
    const { tail } = await site.run(opened(script, { baseUrl: model.url }));
    expect(tail.match(/^\d+/gm)).toEqual(["200", "200", "403", "403", "403"]);
    expect(model.seen.map(({ line }) => line)).toEqual(["POST /a", `POST /b?key=${REAL_KEY}&alt=sse`]);
    expect(model.seen[0]?.headers).toMatchObject({ authorization: `Bearer ${REAL_KEY}`, "x-api-key": REAL_KEY });
    expect(site.events).toContainEqual({
      kind: "refused",
      what: "refused: no other key is passed on than the word sentinel",
    });
  });

  test("is given a redirect as it is, but for the key", async () => {
    const model = await modelServer();
    const { tail } = await site.run(opened(ask("/moved"), { baseUrl: model.url }));
    expect(tail.trim()).toBe("307 http://elsewhere.invalid/?key=sentinel");
  });

  test("cannot choose another host, or a path beside its own", async () => {
    const model = await modelServer();
    const other = await standIn((_request, response) => response.end("here"));
    const raw = (head: string): string =>
      `printf '${head}\\r\\nconnection: close\\r\\n\\r\\n' | node -e "const c=require('net').connect(18000,'127.0.0.1');process.stdin.on('data',d=>c.write(d));c.pipe(process.stdout)"`;
    const script = [
      raw(`GET ${other.url}/ HTTP/1.1\\r\\nhost: 127.0.0.1:${other.port}`),
      raw(`CONNECT 127.0.0.1:${other.port} HTTP/1.1\\r\\nhost: 127.0.0.1:${other.port}`),
      raw("GET /mine/../other HTTP/1.1\\r\\nhost: x"),
      raw("GET /mine/%%2e%%2E/other HTTP/1.1\\r\\nhost: x"),
      raw("GET /mine/..%%5cother HTTP/1.1\\r\\nhost: x"),
      raw("GET /minefield HTTP/1.1\\r\\nhost: x"),
      raw("TRACE /mine/x HTTP/1.1\\r\\nhost: x\\r\\nx-api-key: sentinel"),
      raw(`GET /mine/x HTTP/1.1\\r\\nhost: 127.0.0.1:${other.port}`),
    ].join("\n");
    const { tail } = await site.run(opened(script, { baseUrl: `${model.url}/mine` }));
    expect(tail.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual([...Array<string>(7).fill("403"), "401"]);
    expect(other.seen).toEqual([]);
    expect(model.seen).toMatchObject([{ line: "GET /mine/x", headers: { host: `127.0.0.1:${model.port}` } }]);
  });

  test("cannot hide a second request in the body of the first", async () => {
    const model = await modelServer();
    model.release();
    const hidden = String.raw`GET /hidden HTTP/1.1\r\nhost: elsewhere\r\n\r\n`;
    const length = hidden.replace(/\\./g, "x").length;
    const head = String.raw`GET /a HTTP/1.1\r\nhost: x\r\nx-api-key: sentinel\r\n`;
    const send = (text: string): string =>
      `printf '${text}' | node -e "const c=require('net').connect(18000,'127.0.0.1');process.stdin.on('data',d=>c.write(d));c.once('data',()=>c.destroy())"`;
    const script = [
      send(String.raw`${head}transfer-encoding: chunked\r\n\r\n${length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`),
      send(String.raw`${head}connection: content-length\r\ncontent-length: ${length}\r\n\r\n${hidden}`),
    ].join("\n");
    expect((await site.run(opened(script, { baseUrl: model.url }))).end).toEqual({ kind: "ok" });
    expect(model.seen.map(({ line, body }) => [line, body.length])).toEqual([
      ["GET /a", length],
      ["GET /a", length],
    ]);
  });

  test("reaches nothing else: not the server itself, no port of this machine, no name", async () => {
    const model = await modelServer();
    const script = `node -e "
      const tries = [[${model.port},'127.0.0.1'],[${model.port},'localhost'],[80,'1.1.1.1'],[443,'api.anthropic.com']];
      for (const [port, host] of tries) require('net').connect(port, host)
        .on('connect', () => console.log('reached', host)).on('error', ({ code }) => console.log(code));"; ls -A "$(dirname "$0")"`;
    const { tail } = await site.run(opened(script, { baseUrl: model.url }));
    expect(tail).not.toContain("reached");
    expect(tail.match(/^E[A-Z_]+$/gm)?.length).toBe(4);
    expect(model.seen).toEqual([]);
  });

  test("says plainly that its server does not answer", async () => {
    const { end, tail } = await site.run(opened(ask("/v1"), { baseUrl: "http://127.0.0.1:1" }));
    expect([end, tail]).toEqual([
      { kind: "ok" },
      expect.stringContaining("502  dispatch: no answer from 127.0.0.1: connect ECONNREFUSED"),
    ]);
  });
});

describe.skipIf(whyNoFence !== null)("the relay in front of a program", () => {
  const relayed = (script: string) => opened(script, { baseUrl: "http://127.0.0.1:1" });

  test("passes on its exit code and its signal", async () => {
    expect((await site.run(relayed("exit 3"))).end).toEqual({ kind: "exit_code", exitCode: 3 });
    expect((await site.run(relayed("kill -9 $$"))).end).toEqual({ kind: "crashed", signal: "SIGKILL" });
  });

  test("passes on the brief, and that a program cannot be started", async () => {
    expect((await site.run(relayed("cat"))).tail).toBe("# Do it\n");
    const file = join(site.folder, "odd");
    await writeFile(file, "#!/no/such/shell\n", { mode: 0o755 });
    const { end, tail } = await site.run(site.open({ command: [file], network: ["example.org"] }));
    expect([end, tail]).toEqual([{ kind: "exit_code", exitCode: 127 }, expect.stringContaining("cannot be started")]);
  });

  test("lets the program end its work when it is asked to stop", async () => {
    const abort = new AbortController();
    const script = `trap 'sleep 0.1; echo bye > bye.txt; exit 0' TERM; sleep 300 & echo $$ > pid; wait`;
    const running = site.run(relayed(script), site.request(), abort.signal);
    await pidIn(join(site.cwd, "pid"));
    abort.abort();
    expect((await running).end).toEqual({ kind: "cancelled" });
    expect(await readFile(join(site.cwd, "bye.txt"), "utf8")).toBe("bye\n");
    expect([readdirSync(temp), processesIn(site.cwd)]).toEqual([[], []]);
  });

  test("does not outlive a program that ignores that", async () => {
    const abort = new AbortController();
    const running = site.run(
      relayed("trap '' TERM; echo x > up; while :; do sleep 1; done"),
      site.request(),
      abort.signal,
    );
    await fileAt(join(site.cwd, "up"));
    abort.abort();
    expect((await running).end).toEqual({ kind: "cancelled" });
    expect([readdirSync(temp), processesIn(site.cwd)]).toEqual([[], []]);
  });

  test("takes the agent with it when it dies", async () => {
    const { end } = await site.run(relayed(`kill -9 $PPID; echo survived > survived; sleep 300`));
    expect(end).toEqual({ kind: "crashed", signal: "SIGKILL" });
    expect(processesIn(site.cwd)).toEqual([]);
  });
});
