import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { GIT_ENV } from "./fixture.ts";

/** Sees every git process that is started by name. */
export interface GitCounter extends AsyncDisposable {
  /** A PATH with the counting git before the real one. */
  readonly path: string;
  reset(): Promise<void>;
  /** The commands in their order: `update-ref`, `push` … */
  read(): Promise<readonly string[]>;
}

/** The first word that is no option is the command; `-c` and `-C` have a value. */
const WRAPPER = `#!/bin/sh
PATH="$REAL"
value=no
for word in "$@"; do
  case "$value $word" in
    yes*) value=no ;;
    "no -c" | "no -C") value=yes ;;
    "no -"*) ;;
    *) echo "$word" >> "$LOG"; break ;;
  esac
done
exec git "$@"
`;

export async function countGit(dir: string): Promise<GitCounter> {
  const folder = join(dir, "counting");
  const log = join(dir, "git.log");
  const real = GIT_ENV["PATH"] ?? "";
  await mkdir(folder, { recursive: true });
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const wrapper = WRAPPER.replace(`"$REAL"`, () => quoted(real)).replace(`"$LOG"`, () => quoted(log));
  await writeFile(join(folder, "git"), wrapper);
  await chmod(join(folder, "git"), 0o755);
  await writeFile(log, "");
  return {
    path: `${folder}${delimiter}${real}`,
    reset: () => writeFile(log, ""),
    read: async () => (await readFile(log, "utf8")).split("\n").filter(Boolean),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
