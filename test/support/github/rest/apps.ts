import { apiOf, appShape } from "../shape/basics.ts";
import { repositoryShape } from "../shape/repository.ts";
import { accountOf, tokenFor } from "../state/accounts.ts";
import type { World } from "../state/model.ts";
import { notFound } from "../state/refusal.ts";
import { texts, type Body } from "./body.ts";
import { answer, ok, type Answer } from "./route.ts";

const PERMISSIONS = { checks: "write", contents: "write", issues: "write", metadata: "read", pull_requests: "write" };

export function installationShape(world: World) {
  const { appId, installationId, slug } = world.app;
  const url = `${apiOf(world)}/app/installations/${installationId}`;
  return {
    id: installationId,
    app_id: appId,
    app_slug: slug,
    target_type: "Organization",
    repository_selection: "all",
    permissions: PERMISSIONS,
    access_tokens_url: `${url}/access_tokens`,
    html_url: `${world.url}/settings/installations/${installationId}`,
  };
}

/** What an App says in its own name, by JWT. */
export function answerApp(world: World, method: string, path: string, body: Body): Answer {
  const { app } = world;
  const installation = `/app/installations/${app.installationId}`;
  switch (`${method} ${path}`) {
    case "GET /app":
      return ok({ ...appShape(world, { account: accountOf(world, app.login), via: "api" }), id: app.appId });
    case "GET /app/installations":
      return ok([installationShape(world)]);
    case `GET ${installation}`:
      return ok(installationShape(world));
    case `POST ${installation}/access_tokens`:
      return answer(201, accessToken(world, body));
  }
  if (/^\/repos\/[^/]+\/[^/]+\/installation$/.test(path)) return ok(installationShape(world));
  throw notFound();
}

function accessToken(world: World, body: Body) {
  const names = texts(body, "repositories") ?? [];
  const chosen = [...world.repos.values()].filter(({ name }) => names.includes(name));
  const token = tokenFor(world, accountOf(world, world.app.login));
  return {
    token,
    expires_at: new Date(world.tokens.get(token)?.expiresAt ?? 0).toISOString().replace(".000Z", "Z"),
    permissions: body["permissions"] ?? PERMISSIONS,
    repository_selection: names.length === 0 ? "all" : "selected",
    ...(names.length === 0 ? {} : { repositories: chosen.map((repo) => repositoryShape(world, repo)) }),
  };
}
