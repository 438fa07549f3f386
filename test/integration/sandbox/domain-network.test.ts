import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { supervise } from "../../../src/adapters/process/supervise.ts";
import { openSandbox } from "../../../src/adapters/sandbox/open-sandbox.ts";
import { agentSite } from "../../support/agent-site.ts";
import { caught } from "../../support/caught.ts";
import { whyNoFence } from "../../support/fence.ts";
import { standIn } from "../../support/model-server.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const sandbox = openSandbox({ mode: "required", repository: null });

describe.skipIf(whyNoFence !== null)("an agent with a list of hosts", () => {
  test("reaches them by http and by CONNECT, and nobody else, and a human is told of it", async () => {
    const site = agentSite(sandbox);
    const server = await standIn((_request, response) => response.end("hello"));
    const other = await standIn((_request, response) => response.end("hello"));
    const curl = (...words: readonly (string | number)[]): string =>
      `curl -sS -m 20 -w ' %{http_connect} %{http_code}\\n' ${words.join(" ")} 2>&1`;
    const script = [
      curl(`http://localhost:${server.port}/a?b=c`),
      curl("-p", `http://localhost:${server.port}/tunnel`),
      curl(`http://localhost:${other.port}/`),
      curl("-p", `http://127.0.0.1:${server.port}/`),
      curl("https://evil.example/"),
      curl("--noproxy '*'", `http://127.0.0.1:${server.port}/direct`),
      "echo $NODE_USE_ENV_PROXY $HTTPS_PROXY [$NO_PROXY] $MODEL_KEY",
    ].join("\n");
    const { end, tail } = await site.run(
      site.open({ command: ["sh", "-c", script], network: [`localhost:${server.port}`] }),
    );
    expect(end).toEqual({ kind: "ok" });
    const lines = tail.trim().split("\n");
    expect(lines.slice(0, 2)).toEqual(["hello 000 200", "hello 200 200"]);
    expect(lines.slice(2, 4)).toEqual([
      `dispatch: localhost:${other.port} is not in agents.one.network in dispatch.jsonc`,
      " 000 403",
    ]);
    expect(lines.slice(4).filter((line) => /\b403\b| 000 000/.test(line))).toEqual([
      expect.stringContaining("403"),
      " 403 000",
      expect.stringContaining("403"),
      " 403 000",
      " 000 000",
    ]);
    expect(lines.at(-1)).toBe("1 http://127.0.0.1:18000 []");
    expect(server.seen.map(({ line, headers }) => `${line} ${headers.host}`)).toEqual([
      `GET /a?b=c localhost:${server.port}`,
      `GET /tunnel localhost:${server.port}`,
    ]);
    expect(other.seen).toEqual([]);
    expect(site.events.flatMap((event) => (event.kind === "refused" ? [event.what] : []))).toEqual(
      [`localhost:${other.port}`, `127.0.0.1:${server.port}`, "evil.example:443"].map(
        (name) => `refused: ${name} is not in agents.one.network in dispatch.jsonc`,
      ),
    );
  });

  test("finds its own servers inside, where none of this machine is meant", async () => {
    const site = agentSite(sandbox);
    const script = `node -e "require('http').createServer((q,a)=>a.end('mine')).listen(3000,'127.0.0.1',()=>
      require('child_process').execFile('curl',['-s','http://localhost:3000'],(e,out)=>{console.log(out);process.exit(0)}))"`;
    const { tail } = await site.run(site.open({ command: ["sh", "-c", script], network: ["example.org"] }));
    expect(tail).toBe("mine\n");
  });
});

test.skipIf(whyNoFence !== null)("a relay without a server outside ends the program and says why", async () => {
  const site = agentSite(sandbox);
  const scratch = temporaryFolder("scratch");
  for (const name of ["home", "tmp"]) await mkdir(join(scratch, name));
  const ask = "node -e \"require('net').connect(18000,'127.0.0.1')\"; sleep 300; echo survived > survived";
  const command = {
    file: "sh",
    args: ["-c", ask],
    cwd: site.cwd,
    env: { PATH: process.env.PATH ?? "", HOME: scratch },
  };
  const network = { socket: join(temporaryFolder("gone"), "s") };
  const ran = await supervise(
    { ...(await sandbox.wrap(command, { scratch, network, reads: [], writes: [] })), input: "" },
    {
      ...{ logFile: site.logFile, processFolder: join(site.folder, "processes") },
      limits: { wallSeconds: 50, idleSeconds: 50, outputMb: 1 },
      clock: { monotonic: () => performance.now() },
      signal: new AbortController().signal,
    },
  );
  expect([ran.end, ran.tail]).toEqual([
    { kind: "exit_code", exitCode: 1 },
    expect.stringContaining("the way out of the fence is gone (ENOENT"),
  ]);
});

test("without a fence no such agent is started", async () => {
  for (const mode of ["auto", "off"] as const) {
    const site = agentSite(openSandbox({ mode, repository: null, path: "/nowhere" }));
    const agent = site.open({ command: ["sh", "-c", "echo started > started"], network: ["example.org"] });
    expect(await caught(site.run(agent))).toMatchObject({ code: "network_unfenced", exit: 2 });
  }
});
