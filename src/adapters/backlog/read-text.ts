import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Problem } from "./problems.ts";

/** Far above any backlog that a person keeps; a log given by mistake ends here. */
const MAX_BYTES = 16 * 1024 * 1024;

export type TextReading =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem };

/** A text file of the user, without a byte order mark. */
export async function readTextFile(root: string, file: string): Promise<TextReading> {
  try {
    return decode(await readFile(resolve(root, file)));
  } catch (error) {
    return refused(whyUnreadable((error as NodeJS.ErrnoException).code, error));
  }
}

/** All of a stream, to its end. */
export async function readTextStream(stream: AsyncIterable<Uint8Array | string>): Promise<TextReading> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) return refused(tooBig);
    chunks.push(bytes);
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Buffer): TextReading {
  if (bytes.length > MAX_BYTES) return refused(tooBig);
  if (!isUtf8(bytes))
    return { ok: false, problem: { line: lineOfBadByte(bytes), message: "not UTF-8: save the file as UTF-8" } };
  return { ok: true, text: bytes.toString("utf8").replace(/^\ufeff/, "") };
}

const tooBig = `larger than ${MAX_BYTES / 1024 / 1024} MB, which is no backlog: split it`;

function lineOfBadByte(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    line += 1;
    start = end + 1;
  }
  return line;
}

function whyUnreadable(code: string | undefined, error: unknown): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file: make it, or correct `backlog` in dispatch.jsonc";
    case "EISDIR":
      return "this is a folder: name a file in it";
    case "EACCES":
      return "this file may not be read: chmod u+r it";
    default:
      return `this file could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function refused(message: string): TextReading {
  return { ok: false, problem: { line: null, message } };
}
