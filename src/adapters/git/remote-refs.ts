import type { RefChange } from "./ref-swap.ts";
import { type RemoteOptions, runFetch, runPush, runRemote } from "./remote.ts";

/** Refs of origin beyond branches, by full name. Rejects as `Remote` does. */
export interface RemoteRefs {
  /** Where they are, name → id. A pattern is a full name, or ends in a slash and stands for all below it. */
  fetchRefs(patterns: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Brings their objects here and moves no ref; `tips` are commits that we have already, with all before them. */
  fetchObjects(refs: readonly string[], tips: readonly string[]): Promise<void>;
  /** All of them or none, each with a lease. */
  push(changes: readonly RefChange[]): Promise<void>;
}

export function openRemoteRefs(options: RemoteOptions): RemoteRefs {
  const { fetchUrl } = options;
  return {
    async fetchRefs(patterns) {
      const globs = patterns.map((pattern) => (pattern.endsWith("/") ? `${pattern}*` : pattern));
      // HEAD is asked for as well: a command that prints nothing costs 50 ms in simple-git.
      const out = await runRemote(options, fetchUrl, ["ls-remote", "--", fetchUrl, "HEAD", ...globs]);
      return new Map(
        out.split("\n").flatMap((line): [string, string][] => {
          const [id = "", ref = ""] = line.split("\t");
          // ls-remote also matches the ends of longer names.
          const isMeant = patterns.some((one) => (one.endsWith("/") ? ref.startsWith(one) : ref === one));
          return isMeant ? [[ref, id]] : [];
        }),
      );
    },
    fetchObjects: (refs, tips) => runFetch(options, refs, tips),
    push: (changes) => runPush(options, changes),
  };
}
