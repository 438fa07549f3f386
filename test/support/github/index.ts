import type { GitHub, GitHubOptions } from "./types.ts";

/**
 * GitHub for tests, on 127.0.0.1: REST, GraphQL, git over HTTP and webhooks over real bare repositories.
 * `await using github = await gitHub(); const widgets = await github.repository("acme/widgets");`
 */
export async function gitHub(options: GitHubOptions = {}): Promise<GitHub> {
  throw new Error(`not yet: ${JSON.stringify(options)}`);
}
