import { addedLines } from "../domain/added-lines.ts";
import { authorize, type Policy } from "../domain/authorize.ts";
import type { ChangedFile } from "../domain/evidence.ts";
import { isJudgedByContent, judgeContent, type Versions } from "../domain/policy.ts";
import type { Leak, SearchedText } from "../ports/secrets.ts";
import type { Ports } from "./ports.ts";

export interface Change {
  readonly from: string;
  readonly to: string;
}

/**
 * Why an agent may not change this, or null: a coder, but for `tests`, which a tester wrote. The rules are the user's,
 * never those of the branch.
 */
export async function findViolation(
  ports: Ports,
  { from, to }: Change,
  files: readonly ChangedFile[],
  { protected: globs, roles }: Policy,
  tests: readonly string[] = [],
): Promise<string | null> {
  const versions: Versions[] = [];
  for (const { path, symlink = false } of files.filter((file) => isJudgedByContent(file.path))) {
    const [before, after] = await Promise.all([
      ports.repository.readFile(from, path),
      ports.repository.readFile(to, path),
    ]);
    versions.push({ path, before, after, symlink });
  }
  for (const role of ["coder", "tester"] as const) {
    const own = files.filter(({ path }) => tests.includes(path) === (role === "tester"));
    const of = versions.filter(({ path }) => own.some((file) => file.path === path));
    const change = { files: own, protected: globs, elsewhere: judgeContent(of) };
    const refusal = authorize(roles[role], "change", change);
    if (refusal !== null) return ports.secrets.mask(refusal.sentence);
  }
  return null;
}

/**
 * Why a change may not stand on another base, although it may where it stands: a file that somebody renamed there may
 * be a protected one now. A sentence, or null; what a human let through before is not worse.
 */
export async function findWorse(
  ports: Ports,
  { head, base, moved }: { readonly head: string; readonly base: string; readonly moved: string },
  policy: Policy,
): Promise<string | null> {
  const changes = await ports.repository.readChanges(base, moved);
  const violation = await findViolation(ports, { from: base, to: moved }, changes, policy);
  if (violation === null) return null;
  const fork = (await ports.repository.mergeBase(base, head)) ?? base;
  const before = await ports.repository.readChanges(fork, head);
  return (await findViolation(ports, { from: fork, to: head }, before, policy)) === violation ? null : violation;
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
