import { userShape } from "../shape/basics.ts";
import { repositoryShape } from "../shape/repository.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import { rateOf } from "../http/limits.ts";
import { ok, page, param, routes, type Asked } from "./route.ts";

export const accountRoutes = routes<Asked>({
  "GET /user": (asked) => {
    // The token of an App, and of a workflow run, is nobody's.
    if (asked.account.kind !== "user") throw new Refusal(403, "Resource not accessible by integration");
    return ok({ ...userShape(asked.world, asked.account), name: asked.account.login, email: null });
  },
  "GET /users/:login": (asked) => {
    const account = asked.world.accounts.get(param(asked, "login"));
    if (account === undefined) throw notFound();
    return ok(userShape(asked.world, account));
  },
  "GET /rate_limit": ({ world, account }) => {
    const core = rateOf(world, account.login);
    return ok({ resources: { core, graphql: core, search: core }, rate: core });
  },
  "GET /installation/repositories": (asked) => {
    if (asked.account.kind === "user")
      throw new Refusal(403, "You must authenticate with an installation access token");
    const repos = [...asked.world.repos.values()];
    return page(
      asked,
      "/installation/repositories",
      repos,
      (repo) => repositoryShape(asked.world, repo),
      "repositories",
    );
  },
});
