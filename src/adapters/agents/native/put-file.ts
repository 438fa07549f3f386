import { constants } from "node:fs";
import { mkdir, open, realpath } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { DispatchError } from "../../../domain/errors.ts";

/** A file of ours below a folder that an agent may have written to: a link there leads us nowhere. */
export async function putFile(top: string, path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await realpath(folder)) !== join(await realpath(top), relative(top, folder))) throw strange(folder);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  try {
    await using file = await open(path, flags, 0o600);
    await file.writeFile(text);
  } catch (cause) {
    throw strange(path, cause);
  }
}

function strange(path: string, cause?: unknown): DispatchError {
  return new DispatchError({
    code: "agent_home_strange",
    message: `An agent left something at ${path} through which its settings cannot be written.`,
    hint: `Look at it, then remove it: rm -r ${path}`,
    facts: { path },
    cause,
  });
}
