import { join } from "node:path";
import { expect, it } from "vitest";
import { claude } from "../../../../src/adapters/agents/native/claude.ts";
import { type Access, planTurn } from "../../../../src/adapters/agents/native/plan-turn.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { aTurn } from "../../../support/transcript.ts";

it("the fence shuts the worktree to whoever only looks, and opens it to whoever edits", async () => {
  const keep = temporaryFolder("turn");
  const access: Access = {
    network: async () => "none",
    server: () => ({ protocol: "anthropic", url: null, key: null }),
    ...{ login: null, env: {}, reads: [], isRoot: false },
    isFenced: async () => true,
  };
  const place = { folder: keep, resultFile: join(keep, "result.json"), way: {} };
  const planned = (edits: boolean) =>
    planTurn(claude, access, { program: { file: "claude", words: [] }, wish: aTurn({ edits }), keep, place });
  expect(await planned(false)).toMatchObject({ readsOnly: true });
  expect(await planned(true)).not.toHaveProperty("readsOnly");
});
