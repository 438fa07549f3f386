import type { Account, Repo, World } from "./model.ts";

const NOTHING = "0".repeat(40);

export function tellPush(
  world: World,
  repo: Repo,
  by: Account,
  move: { readonly branch: string; readonly before: string | null; readonly after: string | null },
): void {
  const payload = {
    ref: `refs/heads/${move.branch}`,
    before: move.before ?? NOTHING,
    after: move.after ?? NOTHING,
    created: move.before === null,
    deleted: move.after === null,
    pusher: { name: by.login },
    commits: [],
    head_commit: move.after === null ? null : { id: move.after },
  };
  world.emit({ repo, event: "push", action: null, by, payload });
}
