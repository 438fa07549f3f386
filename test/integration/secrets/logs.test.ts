import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { supervise } from "../../../src/adapters/process/supervise.ts";
import { openSecrets } from "../../../src/adapters/secrets/open-secrets.ts";
import { maskJournal } from "../../../src/adapters/secrets/guard.ts";
import { openLog } from "../../../src/adapters/telemetry/log.ts";
import type { Fact } from "../../../src/domain/fact.ts";
import { memoryJournal } from "../../../src/adapters/postgres/memory-journal.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const CANARY = "c4nary-of-the-deploy";
const secrets = openSecrets({ env: { DEPLOY_TOKEN: CANARY }, names: [], passed: [], root: "/nowhere", urls: [] });

it("what a program prints is masked in its log, in what is told of it and in its tail, also in parts", async () => {
  const folder = temporaryFolder("logs");
  const cwd = join(folder, "tree");
  await mkdir(cwd);
  const logFile = join(folder, "1.log");
  const told: string[] = [];
  const script = `echo one ${CANARY}; echo two ${CANARY} >&2; printf 'c4nary-of'; sleep 0.05; printf -- '-the-deploy\\nc4nary'`;
  const ran = await supervise(
    { file: "sh", args: ["-c", script], cwd, env: { PATH: process.env.PATH ?? "" }, input: "" },
    {
      limits: { wallSeconds: 60, outputMb: 1 },
      logFile,
      processFolder: join(folder, "processes"),
      clock: { monotonic: () => performance.now() },
      signal: new AbortController().signal,
      mask: secrets.maskStream,
      onLine: (line) => told.push(line),
    },
  );
  expect(told.toSorted()).toEqual(["***", "c4nary", "one ***", "two ***"]);
  const log = await readFile(logFile, "utf8");
  expect(log.match(/\*\*\*/g)).toHaveLength(3);
  expect(`${log}${ran.tail}`).not.toContain(CANARY);
  expect(log.length).toBe("one ***\ntwo ***\n***\nc4nary".length);
});

it("no fact and no line of our own log holds a known value", async () => {
  const journal = memoryJournal();
  const at = { key: "k", at: "2026-01-01T00:00:00Z", run: "r", task: "A", episode: 1 };
  const fact: Fact = { ...at, name: "task.failed", data: { reason: `crashed: it said ${CANARY}` } };
  const stored = await maskJournal(journal, secrets).append(fact);
  expect(stored).toEqual({ ...fact, data: { reason: "crashed: it said ***" } });
  expect(await journal.read()).toEqual([stored]);

  const file = join(temporaryFolder("logs"), "dispatch.log");
  const log = openLog(file, { run: "r" }, secrets.mask);
  log.info({ error: `it said ${CANARY}` }, "fact");
  await log[Symbol.asyncDispose]();
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ error: "it said ***" });
});
