import type { Hub, Left } from "../../ports/hub.ts";
import type { Marker } from "../../domain/marker.ts";
import { neutralise } from "../../domain/neutralise.ts";
import { parseBranchName } from "../../domain/branch-name.ts";
import { NAME } from "./board.ts";
import type { GitHub } from "./client.ts";
import { ONCE } from "./client.ts";
import { fetchWanted, labelsOf } from "./issues.ts";
import { openPeople } from "./people.ts";
import { ensurePost, fetchPosts } from "./posts.ts";
import { fetchAny, isOurs, toRaw } from "./pull-requests.ts";

/** Who a workflow run is. */
const ACTIONS = "github-actions[bot]";
const WAITS = "dispatch:needs-human";
const KEY = "left";

export function openHub(github: GitHub): Hub {
  const { rest, all, slug } = github;
  const { mayWrite } = openPeople(github);
  return {
    mayWrite,
    async readFace() {
      const login = await github.fetchLogin();
      const { data } = await rest.repos.get({ ...slug });
      const kind = login === ACTIONS ? "actions" : github.kind;
      return { kind, login, mayWrite: data.permissions?.push ?? null };
    },
    async fetchPull(number) {
      const found = await fetchAny(github, number);
      if (found === null) return null;
      const { title, body, branch, base, head, state, task } = toRaw(found).pr;
      return {
        ...{ number, title, body, branch, base, head },
        isOpen: state === "open",
        isFork: found.head.repo?.full_name !== found.base.repo.full_name,
        task: isOurs(found) ? task : null,
      };
    },
    async isJudged(ref) {
      const runs = (await rest.checks.listForRef({ ...slug, ref, check_name: NAME })).data.check_runs;
      if (runs.some(({ status }) => status === "completed")) return true;
      const { data } = await rest.repos.getCombinedStatusForRef({ ...slug, ref, per_page: 100 });
      return data.statuses.some(({ context }) => context === NAME);
    },
    async fetchBranches() {
      const found = await all(rest.git.listMatchingRefs, { ...slug, ref: "heads/dispatch/", per_page: 100 });
      const names = found.map(({ ref }) => ref.replace(/^refs\/heads\//, ""));
      return new Set(names.filter((name) => parseBranchName(name) !== null));
    },
    async fetchNotes(label) {
      const notes = [];
      for (const issue of await fetchWanted(github, label)) {
        const { number, title, comments } = issue;
        if (comments === 0) continue;
        const left = (await fetchPosts(github, number))
          .map(({ marker }) => readLeft(marker))
          .find((one) => one !== null);
        const names = labelsOf(issue);
        if (left != null)
          notes.push({ ...left, task: String(number), title, waits: names.includes(WAITS) && !names.includes(label) });
      }
      return notes;
    },
    ensureNote: (issue, left) =>
      ensurePost(github, issue, { kind: "status", task: String(issue), key: KEY, ...left }, wordsOf(left)),
    async wake(workflow, ref) {
      await rest.actions.createWorkflowDispatch({ ...slug, workflow_id: workflow, ref, ...ONCE });
    },
  };
}

const wordsOf = ({ reason }: Left): string =>
  `No pull request: ${neutralise(reason, 1000)}\n\nTo let it begin anew, put its label back.`;

function readLeft(marker: Marker | null): Left | null {
  if (marker?.["key"] !== KEY) return null;
  const { reason, attempts, costUsd, seconds, at } = marker;
  if (typeof reason !== "string" || typeof attempts !== "number" || typeof seconds !== "number") return null;
  if (typeof at !== "string" || (typeof costUsd !== "number" && costUsd !== null)) return null;
  return { reason, attempts, costUsd, seconds, at };
}
