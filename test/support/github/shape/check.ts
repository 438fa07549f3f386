import type { Annotation, CheckRun, Repo, Status, World } from "../state/model.ts";
import { appShape, nodeId, repoApi, repoHtml, timesShape, userShape } from "./basics.ts";

export function checkRunShape(world: World, repo: Repo, run: CheckRun) {
  const url = `${repoApi(world, repo)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    head_sha: run.sha,
    external_id: run.externalId,
    url,
    html_url: `${repoHtml(world, repo)}/runs/${run.id}`,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: run.name,
    check_suite: { id: run.by.account.id },
    app: appShape(world, run.by),
    pull_requests: [],
  };
}

export function annotationShape(world: World, repo: Repo, run: CheckRun, annotation: Annotation) {
  return {
    ...annotation,
    start_column: null,
    end_column: null,
    blob_href: `${repoHtml(world, repo)}/blob/${run.sha}/${annotation.path}`,
  };
}

export function statusShape(world: World, repo: Repo, status: Status) {
  return {
    url: `${repoApi(world, repo)}/statuses/${status.sha}`,
    avatar_url: null,
    id: status.id,
    node_id: nodeId("SC", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    ...timesShape(status),
    creator: userShape(world, status.by.account),
  };
}
