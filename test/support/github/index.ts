import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDeliveries } from "./http/deliveries.ts";
import { makeFaults } from "./http/faults.ts";
import { listen } from "./http/server.ts";
import { apiOf, graphqlOf } from "./shape/basics.ts";
import { handleOf } from "./repository.ts";
import { ACTIONS_LOGIN, accountOf, addAccount, tokenFor } from "./state/accounts.ts";
import { makeRepo } from "./state/repositories.ts";
import { syncAll } from "./state/sync.ts";
import { makeWorld } from "./state/world.ts";
import type { GitHub, GitHubOptions } from "./types.ts";
import { findViolations } from "./violations.ts";

const USERS = { ada: "admin", bob: "write", eve: "none" } as const;

/**
 * GitHub for tests, on 127.0.0.1: REST, GraphQL, git over HTTP and webhooks over real bare repositories.
 * `await using github = await gitHub(); const widgets = await github.repository("acme/widgets");`
 */
export async function gitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "github-")));
  const deliveries = makeDeliveries();
  const faults = makeFaults();
  const users = { ...(options.users ?? USERS) };
  const world = makeWorld(folder, options, deliveries.keep);
  for (const login of Object.keys(users)) addAccount(world, login, "user");
  const server = await listen(world, faults);
  const token = (login: string): string => tokenFor(world, accountOf(world, login));

  return {
    url: world.url,
    serverUrl: world.url,
    apiUrl: apiOf(world),
    graphqlUrl: graphqlOf(world),
    app: world.app,
    actionsLogin: ACTIONS_LOGIN,
    token,
    env: (login) => ({
      GITHUB_TOKEN: token(login),
      GITHUB_API_URL: apiOf(world),
      GITHUB_GRAPHQL_URL: graphqlOf(world),
      GITHUB_SERVER_URL: world.url,
    }),
    addUser(login, permission) {
      addAccount(world, login, "user");
      Object.assign(users, { [login]: permission });
      for (const { permissions, forkOf } of world.repos.values()) {
        if (forkOf === null) permissions.set(login, permission);
      }
    },
    repository: async (fullName, repositoryOptions = {}) =>
      world.turn(async () => {
        const known = world.repos.get(fullName.toLowerCase());
        return handleOf(world, known ?? (await makeRepo(world, fullName, { options: repositoryOptions, users })));
      }),
    journal: world.journal,
    cost(login) {
      const lines = world.journal.filter((line) => line.points > 0 && (login ?? line.login) === line.login);
      return {
        requests: lines.length,
        writes: lines.filter(({ points }) => points >= 5).length,
        contentWrites: lines.filter(({ isContent }) => isContent).length,
        points: lines.reduce((sum, { points }) => sum + points, 0),
        unchanged: lines.filter(({ status }) => status === 304).length,
      };
    },
    violations: async () =>
      world.turn(async () => {
        for (const repo of world.repos.values()) await syncAll(world, repo);
        return findViolations(world);
      }),
    fail: (rule) => faults.add(rule),
    onDelivery: (url, secret) => deliveries.receive(url, secret),
    deliveries: world.deliveries,
    delivered: async () => deliveries.idle(),
    redeliver: async (id) => deliveries.again(id),
    holdDeliveries: () => deliveries.hold(),
    async [Symbol.asyncDispose]() {
      await deliveries.idle();
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
