import { statSync } from "node:fs";
import { DispatchError } from "../../domain/errors.ts";

/** Why a program did not start. ENOENT is said of the program and of its folder alike. */
export function notStarted(
  { file, cwd }: { readonly file: string; readonly cwd: string },
  cause: unknown,
): DispatchError {
  const reason = (cause as NodeJS.ErrnoException).code;
  const facts = { file, cwd };
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return new DispatchError({
      code: "folder_missing",
      message: `${file} could not be started: the folder ${cwd} is not there.`,
      hint: "Make the folder, or start from one that exists.",
      facts,
      cause,
    });
  }
  if (reason === "ENOENT" && !file.includes("/")) {
    return new DispatchError({
      code: "program_missing",
      message: `The program ${file} is not on the PATH.`,
      hint: `Install ${file}, or add its folder to PATH.`,
      facts,
      cause,
    });
  }
  if (reason === "ENOENT") {
    const there = statSync(file, { throwIfNoEntry: false }) !== undefined;
    return new DispatchError({
      code: "program_missing",
      message: there ? `The interpreter that ${file} names in its first line is not there.` : `${file} is not there.`,
      hint: there ? `Look at it: head -1 ${file}` : "Correct the path, or make the file.",
      facts,
      cause,
    });
  }
  return new DispatchError({
    code: "program_failed",
    message: `${file} could not be started (${reason ?? String(cause)}).`,
    hint: reason === "EACCES" ? `Make it executable: chmod +x ${file}` : `Start it by hand to see why: ${file}`,
    facts,
    cause,
  });
}
