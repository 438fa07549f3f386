import type { Marker } from "../../domain/marker.ts";
import type { PullRequestComment } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import { ensureOnce } from "./ensure-once.ts";
import { formatPost, parsePost } from "./text.ts";

/** A comment on a pull request or an issue, its marker read where we wrote it. */
export interface Post extends PullRequestComment {
  readonly id: number;
  readonly login: string;
  readonly isPerson: boolean;
  /** Of ours alone: anybody can write one. */
  readonly marker: Marker | null;
  readonly isAnswered: boolean;
}

export async function fetchPosts({ rest, all, slug, fetchOwn }: GitHub, number: number): Promise<readonly Post[]> {
  const found = await all(rest.issues.listComments, { ...slug, issue_number: number, per_page: 100 });
  const ours = await fetchOwn();
  return found.map(({ id, user, created_at, body = "", reactions }) => {
    const login = user?.login ?? "";
    const { marker, body: words } = parsePost(body);
    const own = ours.includes(login) ? marker : null;
    const by = typeof own?.["by"] === "string" ? own["by"] : login;
    const post = { id, at: created_at, by, body: own === null ? body : words, login, marker: own };
    return {
      ...post,
      isPerson: user?.type === "User",
      isAnswered: (reactions?.rocket ?? 0) + (reactions?.confused ?? 0) > 0,
    };
  });
}

/** One for each kind and key; a second call with the same changes its text. */
export async function ensurePost(github: GitHub, number: number, marker: Marker, text: string): Promise<void> {
  const { rest, slug } = github;
  const body = formatPost(marker, text);
  const isSame = (one: Marker | null): boolean => one?.kind === marker.kind && one["key"] === marker["key"];
  const find = async (): Promise<Post | null> =>
    (await fetchPosts(github, number)).find((post) => isSame(post.marker)) ?? null;
  const found = await ensureOnce(github, find, async () => {
    await rest.issues.createComment({ ...slug, issue_number: number, body, ...ONCE });
  });
  if (found !== null && formatPost(found.marker ?? marker, found.body) !== body)
    await rest.issues.updateComment({ ...slug, comment_id: found.id, body });
}
