import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A program of our own for `process.execPath`: its words, and what it reads of this machine. */
export interface OwnProgram {
  readonly args: readonly string[];
  readonly reads: readonly string[];
}

/** It lies beside the file that asks: built as .js; as .ts in our own tests, where Node 20 needs help to read it. */
export function ownProgram(besideUrl: string, name: string): OwnProgram {
  const extension = extname(besideUrl);
  const file = fileURLToPath(new URL(`${name}${extension}`, besideUrl));
  const reads = [dirname(file), manifestAbove(dirname(file))];
  if (extension === ".js") return { args: [file], reads };
  const loader = createRequire(besideUrl).resolve("tsx");
  const modules = loader.replace(/(?<=\/node_modules)\/.*$/, "");
  return { args: ["--import", pathToFileURL(loader).href, file], reads: [...reads, modules] };
}

/** It says what kind of modules these are. */
function manifestAbove(folder: string): string {
  const file = join(folder, "package.json");
  return existsSync(file) || folder === "/" ? file : manifestAbove(dirname(folder));
}
