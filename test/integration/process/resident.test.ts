import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { readStat } from "../../../src/adapters/process/processes.ts";
import { openResident, type Resident, type ResidentOptions } from "../../../src/adapters/process/resident.ts";
import { caught } from "../../support/caught.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** Notes its pid, answers `no` by ending and `nothing` by silence, and says with a file that it has ended. */
const PROGRAM = `echo "$$" >> started
trap 'echo gone > ended' EXIT
trap 'exit 1' TERM
while read -r word; do
  case "$word" in
    no) echo "I do not know" >&2; exit 3 ;;
    nothing) sleep 60 ;;
    hidden) setsid sleep 60 & echo $! > hidden; sleep 60 ;;
    *) printf 'half an '; echo "answer: $word" ;;
  esac
done
`;

interface Talker {
  readonly dir: string;
  readonly resident: Resident;
  starts(): Promise<number>;
}

function talker(options: Partial<ResidentOptions> = {}): Talker {
  const dir = temporaryFolder("dispatch-resident");
  const fixed = { file: "sh", args: ["-c", PROGRAM], cwd: dir, env: { PATH: process.env["PATH"] ?? "" } };
  const resident = openResident({ ...fixed, timeoutMs: 30_000, idleMs: 30_000, ...options });
  const starts = async (): Promise<number> => (await readFile(join(dir, "started"), "utf8")).trim().split("\n").length;
  return { dir, resident, starts };
}

it("one program answers many questions, in their order", async () => {
  const { resident, starts } = talker();
  const words = Array.from({ length: 20 }, (_, number) => `word-${number}`);
  const answers = await Promise.all(words.map((word) => resident.ask(`${word}\n`, `answer: ${word}\n`)));
  expect(answers).toEqual(words.map(() => ({ kind: "answered" })));
  expect(await starts()).toBe(1);
});

it("who ends instead of answering is quoted, and the next question starts it anew", async () => {
  const { resident, starts } = talker();
  const refused = resident.ask("no\n", "answer\n");
  const after = resident.ask("a\n", "answer: a\n");
  expect(await refused).toEqual({ kind: "ended", exitCode: 3, stderr: "I do not know\n", timedOut: false });
  expect(await after).toEqual({ kind: "answered" });
  expect(await starts()).toBe(2);
});

it("who was killed between two questions is started again", async () => {
  const { dir, resident, starts } = talker();
  await resident.ask("a\n", "answer: a\n");
  const pid = Number(await readFile(join(dir, "started"), "utf8"));
  process.kill(pid, "SIGTERM");
  // Its parent, which we are, is told by an event of its own.
  while (readStat(pid) !== null) await sleep(5);
  await sleep(50);
  expect(await resident.ask("b\n", "answer: b\n")).toEqual({ kind: "answered" });
  expect(await starts()).toBe(2);
});

it("who takes too long is ended", async () => {
  const { resident } = talker({ timeoutMs: 200 });
  expect(await resident.ask("nothing\n", "answer\n")).toMatchObject({ kind: "ended", exitCode: 124, timedOut: true });
});

it("who takes too long is not waited for, although somebody who left its group holds its pipes", async () => {
  const { dir, resident } = talker({ timeoutMs: 3000 });
  expect(await resident.ask("hidden\n", "answer\n")).toMatchObject({ kind: "ended", timedOut: true });
  process.kill(Number(await readFile(join(dir, "hidden"), "utf8")), "SIGKILL");
});

it("who is asked nothing for a while goes away, and comes back when it is needed", async () => {
  const { dir, resident, starts } = talker({ idleMs: 20 });
  await resident.ask("a\n", "answer: a\n");
  while (!existsSync(join(dir, "ended"))) await sleep(5);
  expect(await resident.ask("b\n", "answer: b\n")).toEqual({ kind: "answered" });
  expect(await starts()).toBe(2);
});

it("a program that is not there is reported by name", async () => {
  const { resident } = talker({ file: "no-such-program" });
  expect(await caught(resident.ask("a\n", "b\n"))).toMatchObject({ code: "program_missing" });
  expect(await caught(resident.ask("a\n", "b\n"))).toMatchObject({ code: "program_missing" });
});

it("does not keep us alive", async () => {
  const dir = temporaryFolder("dispatch-resident");
  const module = new URL("../../../src/adapters/process/resident.ts", import.meta.url).href;
  const script = join(dir, "asks.mts");
  const options = `{ file: "cat", args: [], cwd: "/", env: process.env, timeoutMs: 60000, idleMs: 60000 }`;
  await writeFile(
    script,
    `import { openResident } from "${module}";
const { kind } = await openResident(${options}).ask("a\\n", "a\\n");
console.log(kind);
`,
  );
  const tsx = new URL("../../../node_modules/.bin/tsx", import.meta.url).pathname;
  const { resident } = talker({ file: "sh", args: ["-c", `exec "${tsx}" "${script}"`], timeoutMs: 20_000 });
  // It ends by itself after its answer, although its own program would wait for a minute.
  expect(await resident.ask("", "never")).toMatchObject({ kind: "ended", exitCode: 0, timedOut: false });
});
