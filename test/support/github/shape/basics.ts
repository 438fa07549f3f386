import { may } from "../state/accounts.ts";
import type { Account, Actor, Label, Repo, World, Written } from "../state/model.ts";

/** As `node_id`, and as `id` in GraphQL: the kind and the number can be read back. */
export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`stand-in:${id}`).toString("base64url")}`;
}

export function readNodeId(text: string): { readonly kind: string; readonly id: number } | null {
  const [, kind = "", coded = ""] = /^([A-Z]+)_(.+)$/.exec(text) ?? [];
  const [, id] = /^stand-in:(\d+)$/.exec(Buffer.from(coded, "base64url").toString()) ?? [];
  return id === undefined ? null : { kind, id: Number(id) };
}

const isAtTop = ({ options }: World): boolean => options.layout === "github.com";

export const apiOf = (world: World): string => (isAtTop(world) ? world.url : `${world.url}/api/v3`);

export const graphqlOf = (world: World): string => `${world.url}${isAtTop(world) ? "" : "/api"}/graphql`;

export const repoApi = (world: World, repo: Repo): string => `${apiOf(world)}/repos/${repo.fullName}`;

export const repoHtml = (world: World, repo: Repo): string => `${world.url}/${repo.fullName}`;

export function userShape(world: World, { id, login, kind }: Account) {
  const url = `${apiOf(world)}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId("U", id),
    avatar_url: `${world.url}/avatars/u/${id}`,
    gravatar_id: "",
    url,
    html_url: kind === "user" ? `${world.url}/${login}` : `${world.url}/apps/${login.replace("[bot]", "")}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: kind === "user" ? "User" : "Bot",
    site_admin: false,
  };
}

export function labelShape(world: World, repo: Repo, label: Label) {
  return {
    id: label.id,
    node_id: nodeId("LA", label.id),
    url: `${repoApi(world, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  };
}

export function associationOf(repo: Repo, account: Account) {
  if (account.login === repo.owner) return "OWNER";
  if (account.kind !== "user") return "NONE";
  return may(repo, account, "triage") ? "COLLABORATOR" : "NONE";
}

/** What everything that somebody wrote has. */
export function writtenShape(world: World, repo: Repo, kind: string, written: Written) {
  return {
    id: written.id,
    node_id: nodeId(kind, written.id),
    user: userShape(world, written.by.account),
    body: written.body,
    author_association: associationOf(repo, written.by.account),
  } as const;
}

export function timesShape({ createdAt, updatedAt }: { readonly createdAt: string; readonly updatedAt: string }) {
  return { created_at: createdAt, updated_at: updatedAt };
}

const REACTIONS = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] as const;

export const isReaction = (text: unknown): text is (typeof REACTIONS)[number] => REACTIONS.some((one) => one === text);

export function reactionsShape(url: string, { reactions }: Written) {
  const counts = REACTIONS.map((name) => [name, reactions.filter(({ content }) => content === name).length]);
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    ...(Object.fromEntries(counts) as Record<(typeof REACTIONS)[number], number>),
  };
}

/** The App that made something; null for a person's PAT. */
export function appShape(world: World, { account }: Actor) {
  if (account.kind === "user") return null;
  const slug = account.login.replace("[bot]", "");
  return {
    id: account.id,
    node_id: nodeId("A", account.id),
    slug,
    name: slug,
    description: null,
    external_url: world.url,
    html_url: `${world.url}/apps/${slug}`,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    owner: userShape(world, account),
    permissions: { checks: "write", contents: "write", issues: "write", metadata: "read", pull_requests: "write" },
    events: ["issues", "issue_comment", "pull_request", "pull_request_review", "push"],
  };
}
