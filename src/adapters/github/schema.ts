import { z } from "zod";

/** Answers of GraphQL; those of REST have the types of GitHub's own description. */
export const Threads = z
  .object({
    repository: z.object({
      pullRequest: z.object({
        reviewThreads: z.object({
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
          nodes: z.array(
            z.object({
              id: z.string(),
              isResolved: z.boolean(),
              comments: z.object({
                nodes: z.array(
                  z.object({
                    databaseId: z.number().nullable(),
                    body: z.string(),
                    author: z.object({ login: z.string() }).nullable(),
                  }),
                ),
              }),
            }),
          ),
        }),
      }),
    }),
  })
  .transform(({ repository }) => repository.pullRequest.reviewThreads);
export type Threads = z.infer<typeof Threads>;

export const Viewer = z.object({ viewer: z.object({ login: z.string() }) });
