import { may } from "../state/accounts.ts";
import { mergeWhenGreen } from "../state/merge.ts";
import type { Account, World } from "../state/model.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import { syncAll } from "../state/sync.ts";
import { accountRoutes } from "./accounts.ts";
import type { Body } from "./body.ts";
import { checkRoutes } from "./checks.ts";
import { commitRoutes } from "./commits.ts";
import { issueRoutes } from "./issues.ts";
import { labelRoutes } from "./labels.ts";
import { pullRoutes } from "./pulls.ts";
import { repositoryRoutes } from "./repositories.ts";
import { reviewRoutes } from "./reviews.ts";
import { match, type Answer, type Asked, type AskedOf, type Route } from "./route.ts";

const OF_A_REPOSITORY: readonly Route<AskedOf>[] = [
  ...checkRoutes,
  ...commitRoutes,
  ...labelRoutes,
  ...issueRoutes,
  ...reviewRoutes,
  ...pullRoutes,
  ...repositoryRoutes,
];

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body;
}

export async function answerRest(world: World, account: Account, request: RestRequest): Promise<Answer> {
  const { query, body } = request;
  const asked: Asked = { world, account, by: { account, via: "api" }, params: {}, query, body };
  const [, owner, name, rest = ""] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(request.path) ?? [];
  if (owner === undefined || name === undefined) return answerBy(accountRoutes, request, request.path, asked);
  const repo = world.repos.get(`${owner}/${name}`.toLowerCase());
  if (repo === undefined || !may(repo, account, "read")) throw notFound();
  requireKnownVerb(world, account, request, rest);
  await syncAll(world, repo);
  const answer = await answerBy(OF_A_REPOSITORY, request, rest, { ...asked, repo });
  if (request.method !== "GET") await mergeWhenGreen(world, repo);
  return answer;
}

async function answerBy<A extends Asked>(
  routes: readonly Route<A>[],
  { method, path: full }: RestRequest,
  path: string,
  asked: A,
): Promise<Answer> {
  for (const route of routes) {
    const params = route.method === method ? match(route.pattern, path) : null;
    if (params !== null) return route.handle({ ...asked, params });
  }
  throw new Refusal(404, `Not Found (the stand-in has no ${method} ${full})`);
}

/** Nobody of ours has any business with these. */
function requireKnownVerb(world: World, { login }: Account, { method, path }: RestRequest, rest: string): void {
  if (method === "GET" || !/^\/(?:branches\/.*\/protection|rulesets)/.test(rest)) return;
  world.violations.push({ rule: "no branch protection is edited", what: `${method} ${path} by ${login}` });
}
