import { readCheckedOut } from "../git/checked-out.ts";
import type { Doors } from "../git/doors.ts";
import { zeroLike } from "../git/names.ts";
import { judgeSwap, type RefHost } from "./ref-host.ts";

/** A repository without an origin is its own forge. */
export function repositoryRefs(doors: Doors): RefHost {
  const host: RefHost = {
    async fetchRefs(patterns) {
      const { stdout } = await doors.users("for-each-ref", ["--format=%(objectname) %(refname)", ...patterns]);
      const lines = stdout.split("\n").filter((line) => line !== "");
      return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]));
    },
    async ensureObjects() {
      // They are here.
    },
    async swap(swaps, why) {
      const input = swaps.map(({ ref, to, from }) => `update ${ref}\0${to}\0${from ?? zeroLike(to)}\0`).join("");
      try {
        await doors.users("update-ref", ["--no-deref", "-m", why, "-z", "--stdin"], { input });
        return true;
      } catch (error) {
        const verdict = await judgeSwap(host, swaps);
        if (verdict === "as before") throw error;
        return verdict === "done";
      }
    },
    readCheckout: async (branch) => (await readCheckedOut(doors)).get(branch) ?? null,
  };
  return host;
}
