import { annotationShape, checkRunShape, statusShape } from "../shape/check.ts";
import { repoApi } from "../shape/basics.ts";
import { repositoryShape } from "../shape/repository.ts";
import { addStatus, changeCheckRun, createCheckRun, latestRuns, latestStatuses } from "../state/checks.ts";
import { commitOf } from "../state/git.ts";
import type { CheckRun } from "../state/model.ts";
import { notFound } from "../state/refusal.ts";
import { requireCommit } from "./commits.ts";
import { answer, number, ok, page, param, routes, type Answer, type AskedOf } from "./route.ts";

function runOf(asked: AskedOf): CheckRun {
  const run = asked.repo.checkRuns.find(({ id }) => id === number(asked, "id"));
  if (run === undefined) throw notFound();
  return run;
}

async function listRuns(asked: AskedOf): Promise<Answer> {
  const { repo, query, world } = asked;
  const sha = await requireCommit(repo, param(asked, "ref"));
  const all = query.get("filter") === "all" ? repo.checkRuns.filter((run) => run.sha === sha) : latestRuns(repo, sha);
  const wanted = { name: query.get("check_name"), status: query.get("status"), app: query.get("app_id") };
  const runs = all.filter(
    (run) =>
      (wanted.name === null || run.name === wanted.name) &&
      (wanted.status === null || run.status === wanted.status) &&
      (wanted.app === null || String(run.by.account.id) === wanted.app),
  );
  const path = `/repos/${repo.fullName}/commits/${param(asked, "ref")}/check-runs`;
  return page(asked, path, runs, (run) => checkRunShape(world, repo, run), "check_runs");
}

async function combinedStatus(asked: AskedOf): Promise<Answer> {
  const { repo, world } = asked;
  const sha = await requireCommit(repo, param(asked, "ref"));
  const statuses = latestStatuses(repo, sha);
  const states = statuses.map(({ state }) => state);
  const isBad = states.includes("failure") || states.includes("error");
  const state = isBad ? "failure" : states.length === 0 || states.includes("pending") ? "pending" : "success";
  return ok({
    state,
    statuses: statuses.map((status) => statusShape(world, repo, status)),
    sha,
    total_count: statuses.length,
    repository: repositoryShape(world, repo),
    commit_url: `${repoApi(world, repo)}/commits/${sha}`,
    url: `${repoApi(world, repo)}/commits/${sha}/status`,
  });
}

export const checkRoutes = routes<AskedOf>({
  "POST /check-runs": async (asked) => {
    const { world, repo, by, body } = asked;
    const given = body["head_sha"];
    const sha = typeof given === "string" ? await commitOf(repo.dir, given) : null;
    return answer(201, checkRunShape(world, repo, createCheckRun(world, repo, by, body, sha)));
  },
  "GET /check-runs/:id": (asked) => ok(checkRunShape(asked.world, asked.repo, runOf(asked))),
  "PATCH /check-runs/:id": (asked) => {
    const run = runOf(asked);
    changeCheckRun(asked.world, asked.repo, asked.by, run, asked.body);
    return ok(checkRunShape(asked.world, asked.repo, run));
  },
  "GET /check-runs/:id/annotations": (asked) => {
    const run = runOf(asked);
    const path = `/repos/${asked.repo.fullName}/check-runs/${run.id}/annotations`;
    return page(asked, path, run.annotations, (one) => annotationShape(asked.world, asked.repo, run, one));
  },
  "GET /commits/:ref/check-runs": listRuns,
  "GET /commits/:ref/status": combinedStatus,
  "GET /commits/:ref/statuses": async (asked) => {
    const sha = await requireCommit(asked.repo, param(asked, "ref"));
    const statuses = asked.repo.statuses.filter((status) => status.sha === sha).reverse();
    const path = `/repos/${asked.repo.fullName}/commits/${sha}/statuses`;
    return page(asked, path, statuses, (status) => statusShape(asked.world, asked.repo, status));
  },
  "POST /statuses/:sha": async (asked) => {
    const { world, repo, by, body } = asked;
    const status = addStatus(world, repo, by, await commitOf(repo.dir, param(asked, "sha")), body);
    return answer(201, statusShape(world, repo, status));
  },
});
