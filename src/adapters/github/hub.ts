import { type Hub, LEFT, type Left } from "../../ports/hub.ts";
import { wayOn } from "../../domain/explain.ts";
import type { Marker } from "../../domain/marker.ts";
import { neutralise } from "../../domain/neutralise.ts";
import { isForMoney } from "../../domain/retry.ts";
import { NAME } from "./board.ts";
import type { GitHub } from "./client.ts";
import { ONCE } from "./client.ts";
import { fetchWanted, labelsOf } from "./issues.ts";
import { openPeople } from "./people.ts";
import { ensurePost, fetchPosts } from "./posts.ts";
import { fetchAny, isOurs, toRaw } from "./pull-requests.ts";

/** Who a workflow run is. */
const ACTIONS = "github-actions[bot]";
const WAITS = ["dispatch:needs-human", "dispatch:paused"];

export function openHub(github: GitHub): Hub {
  const { rest, slug } = github;
  const { mayWrite } = openPeople(github);
  const fetchLeft = async (number: number): Promise<Left | null> =>
    (await fetchPosts(github, number)).map(({ marker }) => readLeft(marker)).find((one) => one !== null) ?? null;
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
    async fetchNotes(label) {
      const notes = [];
      for (const issue of await fetchWanted(github, label)) {
        const { number, title, comments } = issue;
        const left = comments === 0 ? null : await fetchLeft(number);
        const waits = isWaiting(labelsOf(issue), label);
        if (left !== null) notes.push({ ...left, task: String(number), title, waits });
      }
      return notes;
    },
    fetchLeft,
    ensureNote: (task, pr, left) =>
      ensurePost(github, pr ?? Number(task), { kind: "status", task, key: LEFT, ...left }, wordsOf(left, pr)),
    async wake(workflow, ref) {
      await rest.actions.createWorkflowDispatch({ ...slug, workflow_id: workflow, ref, ...ONCE });
    },
  };
}

const isEnough = (reason: string): boolean => reason.startsWith("rounds:");

const isWaiting = (names: readonly (string | undefined)[], label: string): boolean =>
  names.some((name) => WAITS.includes(name ?? "")) && !names.includes(label);

function wordsOf({ reason, wakeAt }: Left, pr: number | null): string {
  const what = `${pr === null ? "No pull request" : "Nothing was pushed"}: ${neutralise(reason, 1000)}`;
  if (wakeAt !== null) return `${what}\n\nIt goes on by itself.`;
  const isMoney = isForMoney(reason);
  if (pr === null)
    return `${what}\n\n${isMoney ? "To let it cost more, raise `budget.perTask`. " : ""}To let it begin anew, put its label back.`;
  if (isMoney) return `${what}\n\n${wayOn(reason)}`;
  const again = isEnough(reason) ? "" : "What people asked for is tried again, as often as they may ask. ";
  return `${what}\n\n${again}To let it begin anew: \`/dispatch retry\`.`;
}

function readLeft(marker: Marker | null): Left | null {
  if (marker?.["key"] !== LEFT) return null;
  const { reason, attempts, costUsd, seconds, at, humanRounds, wakeAt } = marker;
  if (typeof reason !== "string" || typeof attempts !== "number" || typeof seconds !== "number") return null;
  if (typeof at !== "string" || (typeof costUsd !== "number" && costUsd !== null)) return null;
  return {
    ...{ reason, attempts, costUsd, seconds, at },
    humanRounds: typeof humanRounds === "number" ? humanRounds : 0,
    wakeAt: typeof wakeAt === "string" ? wakeAt : null,
  };
}
