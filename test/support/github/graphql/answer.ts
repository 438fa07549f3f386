import type { Body } from "../rest/body.ts";
import { ok, type Answer } from "../rest/route.ts";
import { mergeWhenGreen } from "../state/merge.ts";
import type { Account, World } from "../state/model.ts";
import { Refusal } from "../state/refusal.ts";
import { syncAll } from "../state/sync.ts";
import { execute } from "./execute.ts";
import { GraphqlSyntax, parse, type Document, type Operation } from "./parse.ts";
import { validate, validateVariables } from "./validate.ts";

/** 200 whatever is wrong with it, as GitHub answers. */
export async function answerGraphql(world: World, account: Account, body: Body): Promise<Answer> {
  const query = body["query"];
  if (typeof query !== "string") throw new Refusal(400, "A query attribute must be specified and must be a string.");
  const variables = (body["variables"] ?? {}) as Readonly<Record<string, unknown>>;
  let document: Document;
  try {
    document = parse(query);
  } catch (error) {
    if (!(error instanceof GraphqlSyntax)) throw error;
    return ok({ errors: [{ message: error.message }] });
  }
  const operation = chosen(document, body["operationName"]);
  const invalid = [...validate(document, operation), ...validateVariables(operation, variables)];
  if (invalid.length > 0) return ok({ errors: invalid });
  for (const repo of world.repos.values()) await syncAll(world, repo);
  const { data, errors } = await execute(document, operation, variables, { world, account });
  if (operation.type === "mutation") for (const repo of world.repos.values()) await mergeWhenGreen(world, repo);
  return ok({ data, ...(errors.length === 0 ? {} : { errors }) });
}

function chosen({ operations }: Document, name: unknown): Operation {
  const wanted = typeof name === "string" ? operations.find((one) => one.name === name) : operations[0];
  if (wanted === undefined || (typeof name !== "string" && operations.length > 1)) {
    throw new Refusal(400, "An operation name is required");
  }
  return wanted;
}
