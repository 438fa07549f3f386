import type { Issue, Made, PullIssue, Repo, World, Written } from "./state/model.ts";
import { isPull } from "./state/tell.ts";
import type { JournalLine, Violation } from "./views.ts";

/** What must never happen, whatever was tested: read from the end state, the journal, and what was noted meanwhile. */
export function findViolations(world: World): readonly Violation[] {
  const repos = [...world.repos.values()];
  return [...world.violations, ...writingOn(world.journal), ...repos.flatMap(inRepository)];
}

/** Written after a 403 or 429 that told to wait, before the wait was over. */
function writingOn(journal: readonly JournalLine[]): Violation[] {
  const stops = journal.filter(({ status, retryAfter }) => (status === 403 || status === 429) && retryAfter !== null);
  return stops.flatMap((stop) => {
    const from = stop.answeredAt ?? stop.at;
    const until = from + (stop.retryAfter ?? 0) * 1000;
    const isEarly = (line: JournalLine): boolean =>
      line.login === stop.login && line.points >= 5 && line.at > from && line.at < until;
    // A request that was on its way when the answer came stands in the journal before that.
    return journal.filter(isEarly).map(({ method, path, login }) => ({
      rule: "no writing before retry-after is over",
      what: `${login}: ${method} ${path}`,
    }));
  });
}

function inRepository(repo: Repo): readonly Violation[] {
  return [
    ...onePerHead(repo),
    ...repo.issues.flatMap((issue) => [...unmarked(issue), ...doubled(issue), ...byBots(issue), ...labelled(issue)]),
    ...duplicates(repo.issues.filter(isOurs), (issue) => `issue #${issue.number}`),
    ...checkRuns(repo),
  ];
}

const isOurs = ({ by }: Made): boolean => by.via === "api";

/** The first line of what dispatch posts. */
const MARKER = /^<!-- dispatch:v\d+ \{.*\} -->/;

function onePerHead({ issues }: Repo): Violation[] {
  const open = issues.filter(isPull).filter(({ state }) => state === "open");
  const keys = open.map(({ pull }) => `${pull.headRepo.fullName}:${pull.headRef}`);
  return keys
    .filter((key, at) => keys.indexOf(key) !== at)
    .map((key) => ({ rule: "one open pull request per head", what: key }));
}

function unmarked(issue: Issue): Violation[] {
  const replies = issue.pull?.threads.flatMap(({ comments }) => comments.slice(1)) ?? [];
  // A person's verdict is theirs, whatever client they give it by.
  const isVerdict = (one: Made & { state: string }): boolean =>
    one.by.account.kind === "user" && one.state !== "COMMENTED";
  const reviews = issue.pull?.reviews.filter((one) => one.body !== "" && !isVerdict(one)) ?? [];
  return [issue, ...issue.comments, ...replies, ...reviews]
    .filter((one) => isOurs(one) && !MARKER.test(one.body))
    .map((one) => ({ rule: "everything of ours has a marker", what: `#${issue.number}: ${one.body.slice(0, 80)}` }));
}

function doubled(issue: Issue): Violation[] {
  const where = (kind: string) => () => `${kind} of #${issue.number}`;
  return [
    ...duplicates(issue.comments.filter(isOurs), where("comment")),
    ...duplicates(issue.pull?.reviews.filter((one) => isOurs(one) && one.body !== "") ?? [], where("review")),
    ...(issue.pull?.threads ?? []).flatMap(({ comments }) => duplicates(comments.filter(isOurs), where("reply"))),
    ...duplicates(firstComments(issue), where("thread")),
  ];
}

/** The same words at another place are another finding. */
function firstComments(issue: Issue): Pick<Written, "by" | "body">[] {
  const first = issue.pull?.threads.flatMap(({ comments, path, originalLine, originalCommit }) =>
    comments.slice(0, 1).map(({ by, body }) => ({ by, body: `${path}:${originalLine} ${originalCommit} ${body}` })),
  );
  return first?.filter(({ by }) => by.via === "api") ?? [];
}

function duplicates<T extends Pick<Written, "by" | "body">>(all: readonly T[], where: (one: T) => string): Violation[] {
  const keyOf = ({ by, body }: T): string => `${by.account.login} ${MARKER.exec(body)?.[0] ?? body}`;
  const keys = all.map(keyOf);
  return all
    .filter((one, at) => keys.indexOf(keyOf(one)) !== at)
    .map((one) => ({ rule: "nothing is there twice", what: `${where(one)}: ${one.body.slice(0, 80)}` }));
}

function byBots(issue: Issue): Violation[] {
  if (!isPull(issue)) return [];
  return approvedByBots(issue).map((login) => ({ rule: "no bot approves", what: `#${issue.number} by ${login}` }));
}

function approvedByBots({ pull }: PullIssue): string[] {
  const approvals = pull.reviews.filter(({ state, by }) => state === "APPROVED" && by.account.kind !== "user");
  return approvals.map(({ by }) => by.account.login);
}

const STATES = ["running", "auditing", "fixing", "ready-for-human", "needs-human", "paused"].map(
  (name) => `dispatch:${name}`,
);

function labelled({ number, labels }: Issue): Violation[] {
  const states = labels.filter((name) => STATES.includes(name));
  return states.length < 2 ? [] : [{ rule: "one state label at most", what: `#${number}: ${states.join(", ")}` }];
}

function checkRuns({ checkRuns: all }: Repo): Violation[] {
  const ours = all.filter(isOurs);
  const keys = ours.map(({ name, sha }) => `${name} of ${sha}`);
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at);
  const open = ours.filter(({ status }) => status !== "completed");
  return [
    ...twice.map((what) => ({ rule: "one check run per name and commit", what })),
    ...open.map(({ name, sha }) => ({ rule: "no check run is left open", what: `${name} of ${sha}` })),
  ];
}
