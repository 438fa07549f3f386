import type { Order } from "../../ports/forge.ts";
import { type GitHub, ONCE } from "./client.ts";
import type { People } from "./people.ts";
import { fetchPosts, type Post } from "./posts.ts";
import { visible } from "./text.ts";

/** The first line tells that it is one; what is below belongs to it. */
const ORDER = /^\s*\/dispatch\b[ \t]*(\S[\s\S]*)$/;

/** It was heard, or could not be understood. */
const TAKEN: readonly string[] = ["rocket", "confused"];

/** Of people who may write here, when they are read. What an outsider, an app or we ourselves wrote is none. */
export async function fetchOrders(github: GitHub, people: People, number: number): Promise<readonly Order[]> {
  const orders: Order[] = [];
  for (const post of await fetchPosts(github, number)) {
    // The cheap questions first: anybody can write long ones.
    if (!/^\s*\/dispatch\b/.test(post.body) || !post.isPerson || post.marker !== null) continue;
    if (!(await people.mayWrite(post.login))) continue;
    const text = ORDER.exec(visible(post.body))?.[1]?.trim();
    if (text === undefined || (post.isAnswered && (await isTaken(github, post)))) continue;
    orders.push({ id: post.id, by: post.login, at: post.at, text });
  }
  return orders;
}

/** Anybody can react to anything: only our own reaction says that it was taken. */
async function isTaken({ rest, all, slug, fetchOwn }: GitHub, { id }: Post): Promise<boolean> {
  const found = await all(rest.reactions.listForIssueComment, { ...slug, comment_id: id });
  const ours = await fetchOwn();
  return found.some(({ content, user }) => TAKEN.includes(content) && ours.includes(user?.login ?? ""));
}

/** A reaction of ours is there once, however often it is made. */
export async function takeOrder({ rest, slug }: GitHub, id: number, isUnderstood: boolean): Promise<void> {
  const content = isUnderstood ? "rocket" : "confused";
  await rest.reactions.createForIssueComment({ ...slug, comment_id: id, content, ...ONCE });
}
