import { DispatchError } from "../../domain/errors.ts";
import type { PullRequest } from "../../ports/forge.ts";
import { conflict, headMoved } from "../../ports/forge-errors.ts";
import type { Repository } from "../../ports/repository.ts";
import { type GitHub, ONCE } from "./client.ts";
import { saysOf, statusOf } from "./errors.ts";
import type { Raw } from "./pull-requests.ts";

type Open = Pick<PullRequest, "number" | "task" | "head" | "base" | "branch">;

export interface Merging {
  readonly github: GitHub;
  readonly repository: Pick<Repository, "fetchBase" | "forecast">;
  fetch(number: number): Promise<Raw | null>;
}

/** The merge of exactly this head, as the repository's settings have it. It is there afterwards, or an error says why. */
export async function mergePullRequest(merging: Merging, pr: Open): Promise<void> {
  const { github, repository } = merging;
  const { number, head } = pr;
  try {
    const merge_method = await fetchMethod(github);
    await github.rest.pulls.merge({ ...github.slug, pull_number: number, sha: head, merge_method, ...ONCE });
  } catch (error) {
    // Done, and the answer lost; or somebody was faster.
    const now = (await merging.fetch(number))?.pr;
    if (now?.state === "merged") return;
    if (now !== undefined && now.head !== head) throw headMoved(number, now, head);
    if (![405, 409].includes(statusOf(error) ?? 0)) throw error;
    const base = await repository.fetchBase();
    const outlook = await repository.forecast(base.commit, head);
    if (!outlook.clean) throw conflict(number, { ...pr, state: "open" }, outlook.files);
    throw refused(pr, saysOf(error));
  }
}

/** A merge commit where the repository allows one: its history then tells by itself what was merged. */
async function fetchMethod({ rest, slug }: GitHub): Promise<"merge" | "squash" | "rebase"> {
  const { data } = await rest.repos.get({ ...slug });
  if (data.allow_merge_commit !== false) return "merge";
  return data.allow_squash_merge === false ? "rebase" : "squash";
}

function refused({ number, task }: Open, why: string): DispatchError {
  return new DispatchError({
    code: "merge_refused",
    message: `GitHub did not merge pull request #${number} of ${task}: ${why}`,
    hint: `See what it still asks for: dispatch pr show ${number}`,
    facts: { number },
  });
}
