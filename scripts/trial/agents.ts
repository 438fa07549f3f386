import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recorded } from "./from-history.ts";

/** Applies the recorded change of its task. One task is done badly at first: its reviewer has to notice. */
const CODER = `#!/bin/sh
set -eu
folder=$(dirname "$0")
if [ "$DISPATCH_ROUND" = 1 ]; then
  git apply --whitespace=nowarn "$folder/patches/$DISPATCH_TASK_ID.patch"
  if [ "$DISPATCH_TASK_ID" = "$(cat "$folder/careless")" ]; then echo left behind > left-behind.txt; fi
else
  rm -f left-behind.txt
fi
`;

/** Approves what is exactly the recorded change, and nothing else. */
const REVIEWER = `#!/usr/bin/env node
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { DISPATCH_INPUT, DISPATCH_RESULT, DISPATCH_TASK_ID } = process.env;
const { base, head } = JSON.parse(readFileSync(DISPATCH_INPUT, "utf8"));
const options = ["diff", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-renames"];
const made = execFileSync("git", [...options, base, head], { maxBuffer: 1 << 28 });
const folder = dirname(fileURLToPath(import.meta.url));
const same = made.equals(readFileSync(join(folder, "patches", DISPATCH_TASK_ID + ".patch")));
const finding = { path: null, line: null, severity: "major", rule: "recorded", message: "not the recorded change" };
const answer = same
  ? { verdict: "approve", summary: "exactly the recorded change", findings: [] }
  : { verdict: "request_changes", summary: "something else", findings: [finding] };
writeFileSync(DISPATCH_RESULT, JSON.stringify(answer));
`;

/** Two command agents outside the repository, and the changes that they know. Gives their paths. */
export async function writeAgents(
  dir: string,
  tasks: readonly Recorded[],
): Promise<{ readonly coder: string; readonly reviewer: string }> {
  const folder = join(dir, "agents");
  await mkdir(join(folder, "patches"), { recursive: true });
  for (const { id, patch } of tasks) await writeFile(join(folder, "patches", `${id}.patch`), patch, "latin1");
  await writeFile(join(folder, "careless"), tasks[0]?.id ?? "");
  const [coder, reviewer] = [join(folder, "coder.sh"), join(folder, "reviewer.mjs")];
  await writeFile(coder, CODER);
  await writeFile(reviewer, REVIEWER);
  for (const program of [coder, reviewer]) await chmod(program, 0o755);
  return { coder, reviewer };
}
