import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DispatchError } from "../../domain/errors.ts";
import { readCheckedOut } from "../git/checked-out.ts";
import type { Doors } from "../git/doors.ts";
import type { RemoteRefs } from "../git/remote-refs.ts";
import { retryBusy } from "../git/retry-busy.ts";
import { judgeSwap, type RefHost } from "./ref-host.ts";

export interface OriginRefsOptions {
  readonly doors: Doors;
  readonly remote: RemoteRefs;
  readonly pushUrl: string;
  /** Brings the base here and tells its commit: what every branch of ours shares with origin. */
  readonly fetchBase: () => Promise<{ readonly commit: string }>;
}

/** Origin as the forge: everybody who can push there shares the same pull requests. */
export function originRefs({ doors, remote, pushUrl, fetchBase }: OriginRefsOptions): RefHost {
  const host: RefHost = {
    fetchRefs: (patterns) => remote.fetchRefs(patterns),
    async ensureObjects(refs) {
      const missing = await findMissing(doors, refs);
      if (missing.length === 0) return;
      const { commit } = await fetchBase();
      // In our own git dir, so that git checks what is new and not the whole history again.
      await doors.own("update-ref", ["refs/dispatch/have/forge", commit]);
      await retryBusy(() => remote.fetchObjects(missing, [commit]));
    },
    async swap(swaps) {
      try {
        await remote.push(swaps);
        return true;
      } catch (error) {
        if (!(error instanceof DispatchError) || error.code !== "push_rejected") throw error;
        const verdict = await judgeSwap(host, swaps);
        if (verdict === "as before" && !isHeld(error)) throw error;
        return verdict === "done";
      }
    },
    async readCheckout(branch) {
      const gitDir = await findGitDir(pushUrl);
      if (gitDir === null) return null;
      const users: Doors["users"] = (command, args, options) =>
        doors.users(command, args, { ...options, env: { GIT_DIR: gitDir } });
      return (await readCheckedOut({ users })).get(branch) ?? null;
    },
  };
  return host;
}

/** Somebody else is writing the same ref this very moment. */
function isHeld({ facts }: DispatchError): boolean {
  return /failed to update ref|cannot lock ref|incorrect old value|reference already exists/.test(
    String(facts["said"]),
  );
}

async function findMissing({ own }: Doors, refs: ReadonlyMap<string, string>): Promise<string[]> {
  const ids = [...refs.values()];
  if (ids.length === 0) return [];
  const { stdout } = await own("cat-file", ["--batch-check=%(objectname)"], { input: `${ids.join("\n")}\n` });
  const missing = new Set(stdout.split("\n").filter((line) => line.endsWith(" missing")));
  return [...refs].filter(([, id]) => missing.has(`${id} missing`)).map(([ref]) => ref);
}

/** The git dir of an origin on this machine; null for one behind a network. */
async function findGitDir(url: string): Promise<string | null> {
  const path = url.startsWith("file://") ? fileURLToPath(url) : url;
  if (!path.startsWith("/")) return null;
  const inside = join(path, ".git");
  return (await isThere(inside)) ? inside : path;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
