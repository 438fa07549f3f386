import { realpathSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { type Startable, startableOf } from "../../config/trust.ts";
import type { CliContext } from "../context.ts";
import { type Approval, readApprovals } from "./approvals.ts";

/** What the repository's configuration starts, and whether a person on this machine approved it. */
export interface TrustState {
  /** What messages call the file. */
  readonly name: string;
  /** null when nothing needs anybody's word. */
  readonly wanted: Startable | null;
  /** Of exactly this content. */
  readonly approval: Approval | null;
  /** Against what was approved last, `+` and `-`; null when nothing ever was. */
  readonly changes: { readonly since: string; readonly lines: readonly string[] } | null;
}

export type Named = Pick<CliContext, "cwd" | "configFile">;

export async function readTrust(stateDir: string, loaded: LoadedConfig, named: Named): Promise<TrustState> {
  const wanted = isOutside(named, loaded.root) ? null : startableOf(loaded);
  const approvals = await readApprovals(stateDir);
  const last = approvals.at(-1);
  return {
    name: loaded.file === null ? "package.json" : relative(loaded.root, loaded.file),
    wanted,
    approval: approvals.find(({ hash }) => hash === wanted?.hash) ?? null,
    changes: last === undefined ? null : { since: last.at.slice(0, 10), lines: differences(last, wanted) },
  };
}

/** A file elsewhere was named by the user, who knows what it says. A link in the repository was made by the repository. */
function isOutside({ cwd, configFile }: Named, root: string): boolean {
  if (configFile === null) return false;
  const file = resolve(cwd, configFile);
  const leadsOut = (from: string, to: string): boolean => relative(from, to).startsWith("../");
  return leadsOut(root, file) && leadsOut(realpathSync(root), realpathSync(file));
}

function differences(last: Approval, wanted: Startable | null): readonly string[] {
  const now = wanted?.lines ?? [];
  return [
    ...last.lines.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !last.lines.includes(line)).map((line) => `+ ${line}`),
  ];
}
