import type { Body } from "../rest/body.ts";
import type { Answer } from "../rest/route.ts";
import type { Account, World } from "../state/model.ts";
import { Refusal } from "../state/refusal.ts";

export async function answerGraphql(world: World, account: Account, body: Body): Promise<Answer> {
  throw new Refusal(501, `GraphQL is not there yet: ${world.url} ${account.login} ${JSON.stringify(body)}`);
}
