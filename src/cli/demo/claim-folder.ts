import { mkdir, readdir } from "node:fs/promises";
import { DispatchError, EXIT } from "../../domain/errors.ts";

/** Makes the folder, or takes an empty one; anything else stays as it is and is refused (exit 2). */
export async function claimFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    if ((await readdir(dir)).length === 0) return;
  } catch (cause) {
    throw unusable(dir, cause);
  }
  throw new DispatchError({
    code: "folder_not_empty",
    message: `${dir} is not empty, and the demo changes nothing that is there.`,
    hint: "dispatch demo --dir ANOTHER   (or remove that folder first)",
    exit: EXIT.usage,
    facts: { dir },
  });
}

function unusable(dir: string, cause: unknown): DispatchError {
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === "EEXIST" || code === "ENOTDIR" ? "a file is in the way" : (code ?? String(cause));
  return new DispatchError({
    code: "folder_unusable",
    message: `The demo cannot make the folder ${dir}: ${why}.`,
    hint: "dispatch demo --dir ANOTHER",
    exit: EXIT.usage,
    facts: { dir },
    cause,
  });
}
