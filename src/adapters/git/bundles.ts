import { DispatchError, hasErrorCode } from "../../domain/errors.ts";
import type { Bundles } from "../../ports/bundles.ts";
import type { Doors } from "./doors.ts";
import { OWN_REFS, requireObjectId } from "./names.ts";

const CARRIED = `${OWN_REFS}carried/`;

/** A bundle holds refs, so each commit gets one in our own git dir; nobody reads their names. */
export function openBundles({ own }: Pick<Doors, "own">): Bundles {
  return {
    async write(file, commits, base) {
      const refs = commits.map((commit) => `${CARRIED}${requireObjectId(commit)}`);
      for (const [at, ref] of refs.entries()) await own("update-ref", [ref, commits[at] ?? ""]);
      await own("bundle", ["create", "--quiet", file, ...refs, `^${requireObjectId(base)}`]);
    },
    async read(file) {
      try {
        await own("bundle", ["unbundle", file]);
      } catch (error) {
        if (!hasErrorCode(error, "git_failed")) throw error;
        throw new DispatchError({
          code: "bundle_invalid",
          message: `${file} cannot be taken in: ${error instanceof Error ? error.message : String(error)}`,
          hint: "Fetch the whole history before (fetch-depth: 0), and let the agent job run again.",
          cause: error,
        });
      }
    },
  };
}
