import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type Command, runCommand } from "../../../src/adapters/process/run-command.ts";
import { caught } from "../../support/caught.ts";
import { isRunning, pidIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const PATH = process.env.PATH ?? "";
let cwd: string;

beforeEach(() => {
  cwd = temporaryFolder("run-command");
});

function shell(line: string, more: Partial<Command> = {}): Promise<Awaited<ReturnType<typeof runCommand>>> {
  return runCommand({ file: "sh", args: ["-c", line], cwd, env: { PATH }, timeoutMs: 30_000, ...more });
}

describe("runCommand", () => {
  test("gives back exit code and both outputs as they were written", async () => {
    const result = await shell("printf ' out\\n\\n'; printf err >&2; exit 3");
    expect(result).toEqual({ exitCode: 3, stdout: " out\n\n", stderr: "err", timedOut: false, truncated: false });
  });

  test("passes the given environment and nothing else", async () => {
    process.env.DISPATCH_TEST_SECRET = "s3cret";
    const result = await runCommand({ file: "env", args: [], cwd, env: { PATH, A: "1" }, timeoutMs: 30_000 });
    delete process.env.DISPATCH_TEST_SECRET;
    expect(result.stdout.trim().split("\n").toSorted()).toEqual(["A=1", `PATH=${PATH}`]);
  });

  test("gives the input on stdin and closes it, and an empty stdin without one", async () => {
    expect((await shell("cat", { input: "brief\n" })).stdout).toBe("brief\n");
    expect((await shell("cat; echo end")).stdout).toBe("end\n");
  });

  test("does not fail when the command never reads its large input", async () => {
    expect((await shell("exec 0<&-; exit 0", { input: "x".repeat(4_000_000) })).exitCode).toBe(0);
  });

  test("tells death by a signal as 128 plus its number", async () => {
    expect((await shell("kill -KILL $$")).exitCode).toBe(137);
  });

  test("keeps every byte with latin1", async () => {
    const { stdout } = await shell("printf '\\377\\000\\200'", { encoding: "latin1" });
    expect(Buffer.from(stdout, "latin1")).toEqual(Buffer.from([0xff, 0x00, 0x80]));
  });

  test("ends the command and its children when the time is up", async () => {
    const result = await shell("echo begun; sleep 300 & echo $! > pid; wait", { timeoutMs: 3000 });
    expect(result).toMatchObject({ exitCode: 124, stdout: "begun\n", timedOut: true });
    expect(isRunning(await pidIn(join(cwd, "pid")))).toBe(false);
  });

  test("ends the command and its children when it is aborted, and rejects with the reason", async () => {
    const abort = new AbortController();
    const running = shell("sleep 300 & echo $! > part; mv part pid; wait", { signal: abort.signal });
    const pid = await pidIn(join(cwd, "pid"));
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(isRunning(pid)).toBe(false);
  });

  test("does not wait for a daemon that holds the pipe open after an abort", async () => {
    const abort = new AbortController();
    const line = "setsid sh -c 'echo $$ > part; mv part pid; exec sleep 300' & wait";
    const running = shell(line, { signal: abort.signal });
    const pid = await pidIn(join(cwd, "pid"));
    abort.abort();
    await expect(running).rejects.toThrow("aborted");
    process.kill(pid, "SIGKILL");
  });

  test("does not start what was aborted before", async () => {
    await expect(shell("echo x > here", { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(await readdir(cwd)).toEqual([]);
  });

  test("refuses an answer that is too long, or cuts it where that was asked for", async () => {
    const line = "while :; do echo 0123456789; done";
    await expect(shell(line, { maxBytes: 1000 })).rejects.toMatchObject({ code: "output_limit" });
    const cut = await shell(line, { maxBytes: 1000, overflow: "cut" });
    expect(cut).toMatchObject({ exitCode: 0, truncated: true });
    expect(cut.stdout).toHaveLength(1000);
  });

  test("says which program is missing, and how that is mended", async () => {
    const missing = runCommand({ file: "no-such-program", args: [], cwd, env: { PATH }, timeoutMs: 1000 });
    await expect(missing).rejects.toMatchObject({
      code: "program_missing",
      message: "The program no-such-program is not on the PATH.",
    });
  });

  test("says when it is the folder that is missing, or the interpreter, or the right to run it", async () => {
    await expect(shell("true", { cwd: join(cwd, "gone") })).rejects.toMatchObject({ code: "folder_missing" });
    const script = join(cwd, "script");
    await writeFile(script, "#!/no/such/interpreter\n", { mode: 0o755 });
    const lost = runCommand({ file: script, args: [], cwd, env: { PATH }, timeoutMs: 1000 });
    const error = await caught(lost);
    expect([error.code, error.message]).toEqual(["program_missing", expect.stringContaining("interpreter")]);
    await writeFile(join(cwd, "plain"), "", { mode: 0o644 });
    const plain = runCommand({ file: join(cwd, "plain"), args: [], cwd, env: { PATH }, timeoutMs: 1000 });
    expect((await caught(plain)).hint).toBe(`Make it executable: chmod +x ${join(cwd, "plain")}`);
  });
});
