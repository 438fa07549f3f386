import type { RestEndpointMethodTypes as Api } from "@octokit/rest";
import { describe, expectTypeOf, it } from "vitest";
import type { annotationShape, checkRunShape, statusShape } from "../../support/github/shape/check.ts";
import type { labelShape, userShape } from "../../support/github/shape/basics.ts";
import type { commentShape, issueShape } from "../../support/github/shape/issue.ts";
import type { pullDetailsShape, pullShape } from "../../support/github/shape/pull.ts";
import type { fullRepositoryShape } from "../../support/github/shape/repository.ts";
import type { oldReviewCommentShape, reviewCommentShape, reviewShape } from "../../support/github/shape/review.ts";
import type { commitShape } from "../../support/github/rest/commits.ts";

/**
 * Octokit's types are made from GitHub's OpenAPI description: what the stand-in answers has to fit them, field by
 * field. `tsc` is what fails here. It may leave fields out, which are named.
 */

type Data<N extends keyof Api, M extends keyof Api[N]> = Api[N][M] extends { response: { data: infer D } } ? D : never;
type ItemOf<N extends keyof Api, M extends keyof Api[N]> = Data<N, M> extends readonly (infer I)[] ? I : never;

type Shape<F extends (...args: never) => unknown> = Awaited<ReturnType<F>>;

type DeepPartial<T> = T extends readonly (infer I)[]
  ? readonly DeepPartial<I>[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

type KeyOf<T> = T extends object ? keyof T : never;
type Field<T, K> = T extends object ? (K extends keyof T ? T[K] : never) : never;

/** Where ours has what theirs does not know: `head.repo.nonsense`. */
type Extra<Ours, Theirs, At extends string = ""> = Ours extends readonly (infer O)[]
  ? Theirs extends readonly (infer T)[]
    ? Extra<O, Exclude<T, string>, At>
    : never
  : Ours extends object
    ? {
        [K in keyof Ours & string]: K extends KeyOf<Theirs>
          ? Extra<NonNullable<Ours[K]>, NonNullable<Field<Theirs, K>>, `${At}${K}.`>
          : `${At}${K}`;
      }[keyof Ours & string]
    : never;

type Wrong<Ours, Theirs> = [Ours] extends [DeepPartial<Theirs>] ? Extra<Ours, Theirs> : "a field has another type";

type Missing<Ours, Theirs> = {
  [K in keyof Theirs & string]: undefined extends Theirs[K] ? never : K extends keyof Ours ? never : K;
}[keyof Theirs & string];

describe("the shapes of answers", () => {
  it("are GitHub's, for accounts and repositories", () => {
    type User = Data<"pulls", "get">["user"];
    expectTypeOf<Wrong<Shape<typeof userShape>, User>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof userShape>, User>>().toBeNever();
    type Repository = Data<"repos", "get">;
    expectTypeOf<Wrong<Shape<typeof fullRepositoryShape>, Repository>>().toBeNever();
    type Commit = Data<"repos", "getCommit">;
    expectTypeOf<Wrong<Shape<typeof commitShape>, Commit>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof commitShape>, Commit>>().toBeNever();
  });

  it("are GitHub's, for issues, comments and labels", () => {
    type Label = Data<"issues", "getLabel">;
    expectTypeOf<Wrong<Shape<typeof labelShape>, Label>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof labelShape>, Label>>().toBeNever();
    type Issue = Data<"issues", "get">;
    expectTypeOf<Wrong<Shape<typeof issueShape>, Issue>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof issueShape>, Issue>>().toBeNever();
    type Comment = Data<"issues", "getComment">;
    expectTypeOf<Wrong<Shape<typeof commentShape>, Comment>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof commentShape>, Comment>>().toBeNever();
  });

  it("are GitHub's, for pull requests, reviews and their comments", () => {
    // The description knows nothing of labels without a description in lists; GitHub answers null there, too.
    type InList = Omit<ItemOf<"pulls", "list">, "labels"> & { labels: Data<"issues", "getLabel">[] };
    expectTypeOf<Wrong<Shape<typeof pullShape>, InList>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof pullShape>, InList>>().toBeNever();
    type Pull = Data<"pulls", "get">;
    expectTypeOf<Wrong<Shape<typeof pullDetailsShape>, Pull>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof pullDetailsShape>, Pull>>().toBeNever();
    type Review = Data<"pulls", "getReview">;
    expectTypeOf<Wrong<Shape<typeof reviewShape>, Review>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof reviewShape>, Review>>().toBeNever();
    // Nor of comments on what is no longer in the diff: their line and position are null.
    type Outdated = { line: number | null; position: number | null };
    type ReviewComment = Omit<Data<"pulls", "getReviewComment">, keyof Outdated> & Outdated;
    expectTypeOf<Wrong<Shape<typeof reviewCommentShape>, ReviewComment>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof reviewCommentShape>, ReviewComment>>().toBeNever();
    type OfReview = ItemOf<"pulls", "listCommentsForReview">;
    expectTypeOf<Wrong<Shape<typeof oldReviewCommentShape>, OfReview>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof oldReviewCommentShape>, OfReview>>().toBeNever();
  });

  it("are GitHub's, for checks and statuses", () => {
    type CheckRun = Data<"checks", "get">;
    expectTypeOf<Wrong<Shape<typeof checkRunShape>, CheckRun>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof checkRunShape>, CheckRun>>().toBeNever();
    type Annotation = ItemOf<"checks", "listAnnotations">;
    expectTypeOf<Wrong<Shape<typeof annotationShape>, Annotation>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof annotationShape>, Annotation>>().toBeNever();
    type Status = Data<"repos", "createCommitStatus">;
    expectTypeOf<Wrong<Shape<typeof statusShape>, Status>>().toBeNever();
    expectTypeOf<Missing<Shape<typeof statusShape>, Status>>().toBeNever();
  });
});
