import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { openStdin, type Stdin } from "../../../src/adapters/process/stdin.ts";
import { type SuperviseOptions, supervise } from "../../../src/adapters/process/supervise.ts";
import { processesIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

let folder: string;
let cwd: string;

beforeEach(async () => {
  folder = temporaryFolder("stdin");
  cwd = join(folder, "tree");
  await mkdir(cwd);
});

/** Speaks to a shell, which is given `stdin` before its first line is. */
function talk(line: string, more: Partial<SuperviseOptions>, begin: (stdin: Stdin) => void) {
  const env = { PATH: process.env.PATH ?? "" };
  return supervise(
    { file: "sh", args: ["-c", line], cwd, env, input: begin },
    {
      limits: { wallSeconds: 60, outputMb: 8 },
      logFile: join(folder, "1.log"),
      processFolder: join(folder, "processes"),
      clock: { monotonic: () => performance.now() },
      signal: new AbortController().signal,
      graceMs: 200,
      ...more,
    },
  );
}

describe("a program that is spoken to while it runs", () => {
  it("hears each word when it is said, and ends when it has heard all", async () => {
    let stdin: Stdin | null = null;
    const lines: string[] = [];
    const onLine: SuperviseOptions["onLine"] = (line, pipe) => {
      lines.push(`${pipe} ${line}`);
      if (line === "first?") stdin?.write("one\n");
      else if (line === "then?") stdin?.write("two\n");
      else if (line === "got one two") stdin?.end();
    };
    const { end } = await talk(
      'echo first?; read -r a; echo then? >&2; read -r b; echo "got $a $b"; read -r c || echo end',
      { onLine },
      (given) => {
        stdin = given;
      },
    );
    expect(end).toEqual({ kind: "ok" });
    expect(lines).toEqual(["stdout first?", "stderr then?", "stdout got one two", "stdout end"]);
    expect(await readFile(join(folder, "1.log"), "utf8")).toBe("first?\nthen?\ngot one two\nend\n");
  });

  it("is ended where it does not go when it has heard all", async () => {
    const { end } = await talk("trap '' TERM; while :; do sleep 0.1; done", {}, (stdin) => stdin.end());
    expect(end).toEqual({ kind: "crashed", signal: "SIGKILL" });
    expect(processesIn(cwd)).toEqual([]);
    expect(await readdir(join(folder, "processes"))).toEqual([]);
  });

  it("is told no more than it reads, and nothing when it is gone", async () => {
    const pipe = new Writable({ write: () => undefined });
    const stdin = openStdin(pipe);
    const words = "x".repeat(1024 * 1024);
    for (let n = 0; n < 64; n += 1) stdin.write(words);
    expect(pipe.writableLength).toBe(8 * words.length);
    stdin.end();
    await stdin.ended;
    stdin.write("late");
    expect(pipe.writableLength).toBe(8 * words.length);
  });

  it("keeps to its bounds", async () => {
    const limits = { wallSeconds: 60, idleSeconds: 0.5, outputMb: 8 };
    const { end } = await talk("read -r a", { limits }, () => undefined);
    expect(end).toEqual({ kind: "idle", limitSeconds: 0.5 });
  });
});
