import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";

/**
 * The program that a command's first word names: with a slash a path seen from the folder of the configuration
 * file, else a name on the PATH. `key` is what names it for the agent at `where`: an engine has its usual program.
 * Throws `program_missing` where there is none that can be run.
 */
export function requireProgram(
  word: string,
  configDir: string,
  where: string,
  key: "command" | "engine" = "command",
): string {
  const place = `${where}.${key}`;
  if (word.includes("/")) {
    const path = resolve(configDir, word);
    if (isRunnable(path)) return path;
    const there = statSync(path, { throwIfNoEntry: false }) !== undefined;
    throw missing(
      `${path} ${there ? "is not a program that can be run" : "is not there"}`,
      word,
      place,
      there ? `chmod +x ${path}` : `Make it, or correct ${place}.`,
    );
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  if (folders.some((folder) => isRunnable(join(folder, word)))) return word;
  throw missing(
    `${word} is not on the PATH`,
    word,
    place,
    key === "engine"
      ? `Install ${word}, or say where it is: "command": ["/path/to/${word}"] in ${where}.`
      : `Install ${word}, or correct ${place} (a path with a slash is seen from the configuration file).`,
  );
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function missing(what: string, word: string, where: string, hint: string): DispatchError {
  return new DispatchError({
    code: "program_missing",
    message: `The program of ${where} cannot be started: ${what}.`,
    hint,
    exit: EXIT.usage,
    facts: { program: word, where },
  });
}
