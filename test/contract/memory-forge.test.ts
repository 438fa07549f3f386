import { memoryForge, memoryHistory } from "../support/memory-forge.ts";
import { describeForge } from "./forge.contract.ts";

describeForge("in memory", async () => {
  const history = memoryHistory();
  const start = history.commit("main", { "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b.txt": "base\n" });
  const tip = (branch: string): string => history.readBranch(branch) ?? start;
  return {
    forge: memoryForge({ history, now: () => 0 }),
    base: "main",
    commit: async (branch, files) => history.commit(branch, files, tip("main")),
    // Only what is proposed has to be known.
    place: async () => undefined,
    readBase: async () => ({ commit: tip("main"), parents: history.readCommit(tip("main")).parents }),
    readFile: async (commit, path) => history.readCommit(commit).files[path] ?? null,
    async mergeElsewhere(branch) {
      const merged = history.merge("main", tip(branch));
      if ("conflicts" in merged) throw new Error("conflict");
      return merged.commit;
    },
    async [Symbol.asyncDispose]() {
      // Nothing to give back.
    },
  };
});
