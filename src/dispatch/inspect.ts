import { addedLines } from "../domain/added-lines.ts";
import type { ChangedFile } from "../domain/evidence.ts";
import { isJudgedByContent, judgeContent, protectedAmong, type Versions } from "../domain/policy.ts";
import type { Leak, SearchedText } from "../ports/secrets.ts";
import type { Ports } from "./ports.ts";

export interface Change {
  readonly from: string;
  readonly to: string;
}

/** What no agent may change without a human, a sentence each. The rules are the user's, never those of the branch. */
export async function findViolations(
  ports: Ports,
  { from, to }: Change,
  changes: readonly Pick<ChangedFile, "path">[],
  globs: readonly string[],
): Promise<readonly string[]> {
  const paths = changes.map(({ path }) => path);
  const forbidden = protectedAmong(paths, globs);
  const versions: Versions[] = [];
  for (const path of paths.filter(isJudgedByContent)) {
    const [before, after] = await Promise.all([
      ports.repository.readFile(from, path),
      ports.repository.readFile(to, path),
    ]);
    versions.push({ path, before, after });
  }
  const named = forbidden.length === 0 ? [] : [`protected paths were changed: ${some(forbidden)}`];
  return [...named, ...judgeContent(versions)];
}

/** More than a snapshot may hold: what is cut here was not looked at, and is not published. */
const DIFF_BYTES = 256 * 1024 * 1024;

/** Secrets in what a change adds, in its names and in what is said about it: a sentence that says where, or null. */
export async function findSecrets(
  ports: Ports,
  { from, to }: Change,
  changes: readonly Pick<ChangedFile, "path">[],
  said: readonly SearchedText[],
): Promise<string | null> {
  const diff = await ports.repository.readDiff(from, to, DIFF_BYTES);
  if (/\n\[diff cut at \d+ bytes\]\n$/.test(diff)) return "the change is too large to be searched for secrets";
  const files = addedLines(diff).map(({ path, ...added }) => ({ place: path, ...added }));
  const names = { place: "the name of a file", text: changes.map(({ path }) => path).join("\n") };
  const leaks = await ports.secrets.find([...said, names, ...files]);
  return leaks.length === 0 ? null : `secrets would be published: ${some([...new Set(leaks.map(told))])}`;
}

const told = ({ place, line, rule }: Leak): string => `${place}${line === null ? "" : `:${line}`} (${rule})`;

const some = (all: readonly string[]): string => `${all.slice(0, 5).join(", ")}${all.length > 5 ? ", …" : ""}`;
