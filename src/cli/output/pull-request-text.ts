import type { PullRequest } from "../../ports/forge.ts";
import { display } from "../../domain/display.ts";
import { parseMarker } from "../../domain/marker.ts";
import type { CliContext } from "../context.ts";

/** One pull request for scripts (docs/contract.md §7, `pr list`). */
export function pullRequestJson(pullRequest: PullRequest): Record<string, unknown> {
  const { number, task, title, branch, base, head, state, draft, review, url } = pullRequest;
  return { v: 1, number, task, title, branch, base, head, state, draft, review, url };
}

export function pullRequestRow(pullRequest: PullRequest): readonly string[] {
  const { number, task, title, state, draft, review } = pullRequest;
  return [`#${number}`, task, draft && state === "open" ? "draft" : state, review, display(title).slice(0, 72)];
}

export function answerPullRequest(context: CliContext, pullRequest: PullRequest, sentence: string, next: string): void {
  if (context.json) return context.answerJson(pullRequestJson(pullRequest));
  context.answer(`#${pullRequest.number} ${sentence}`);
  context.say(`next  ${next}`);
}

/** A body for a terminal: the marker is for programs, and whoever wrote the rest cannot draw on the screen. */
export function bodyLines(body: string): readonly string[] {
  const text = parseMarker(body) === null ? body : body.slice(body.indexOf("\n") + 1);
  return text.split("\n").map(display);
}
