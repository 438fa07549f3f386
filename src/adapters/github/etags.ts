import type { Octokit } from "@octokit/rest";
import { statusOf } from "./errors.ts";

type Answer = Awaited<ReturnType<Octokit["request"]>>;

/** Answers kept at most: pages of lists, and single things of open pull requests. */
const KEPT = 500;

/** Asks whether an answer is still the same, which costs nothing of the hourly limit when it is. */
export function remember(octokit: Octokit): void {
  const kept = new Map<string, Answer>();
  octokit.hook.wrap("request", async (request, options) => {
    if (options.method !== "GET") return await request(options);
    const { url, headers: _headers, request: _request, ...rest } = options;
    const key = JSON.stringify([url, rest]);
    const before = kept.get(key);
    const etag = before?.headers.etag;
    try {
      // Those between us and the network see the options that are there, not what we would hand on.
      if (etag !== undefined) options.headers["if-none-match"] = etag;
      const answer = (await request(options)) as Answer;
      kept.delete(key);
      if (answer.headers.etag !== undefined && !isFullEnd(answer)) kept.set(key, answer);
      const [oldest] = kept.keys();
      if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
      return answer;
    } catch (error) {
      if (statusOf(error) === 304 && before !== undefined) return before;
      throw error;
    }
  });
}

/** The last page of a list when no more fits on it: the next entry changes nothing of it but what it says of a next page. */
function isFullEnd({ data, headers }: Answer): boolean {
  return Array.isArray(data) && data.length >= 100 && !/rel="next"/.test(headers.link ?? "");
}
