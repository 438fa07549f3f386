import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureFile, readIfThere } from "./files.ts";
import type { Place } from "./place.ts";

/**
 * Our own git dir `<stateDir>/orch.git`: with it git reads no configuration, hook, filter or ref that an agent could
 * have written. It holds no objects; those live in the user's store (`GIT_OBJECT_DIRECTORY`). Safe to repeat, and
 * written without git, so that any number of commands may open it at once.
 */
export async function ensureOrchDir(stateDir: string, place: Place): Promise<string> {
  const dir = join(stateDir, "orch.git");
  for (const folder of ["objects", "refs", "info"]) await mkdir(join(dir, folder), { recursive: true });
  await ensureFile(join(dir, "HEAD"), "ref: refs/heads/none\n");
  await ensureFile(join(dir, "config"), configText(place));
  // What the user's repository ignores beyond its `.gitignore` files stays out of snapshots, too.
  await ensureFile(join(dir, "info", "exclude"), (await readIfThere(join(place.commonDir, "info", "exclude"))) ?? "");
  return dir;
}

function configText(place: Place): string {
  const isSha256 = place.objectFormat === "sha256";
  const booleans = Object.entries(place.fileConfig).map(
    ([key, value]) => `\t${key.replace("core.", "")} = ${value === "false" ? "false" : "true"}`,
  );
  const core = [
    `repositoryformatversion = ${isSha256 ? 1 : 0}`,
    "bare = true",
    "hooksPath = /dev/null",
    "fsmonitor = false",
    "attributesFile = /dev/null",
    "autocrlf = false",
    "pager = cat",
    "logAllRefUpdates = false",
    "protectHFS = true",
    "protectNTFS = true",
  ];
  return [
    "[core]",
    ...core.map((entry) => `\t${entry}`),
    ...booleans,
    ...(isSha256 ? ["[extensions]", "\tobjectformat = sha256"] : []),
    "[gc]\n\tauto = 0",
    "[maintenance]\n\tauto = false",
    "[commit]\n\tgpgSign = false",
    "[fetch]\n\tprune = false\n\tpruneTags = false\n\twriteCommitGraph = false\n\trecurseSubmodules = false",
    "[push]\n\tgpgSign = false\n\tfollowTags = false\n\trecurseSubmodules = no\n\tuseForceIfIncludes = false",
    "[submodule]\n\trecurse = false",
    "[diff]\n\tnoprefix = false\n\tmnemonicPrefix = false",
    "",
  ].join("\n");
}
