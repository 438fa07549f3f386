import { findAgentAncestor } from "../adapters/process/agent-ancestor.ts";
import { DispatchError } from "../domain/errors.ts";
import { ensureState, findState } from "./compose-place.ts";
import type { CliContext } from "./context.ts";
import { openTrust, type Trust } from "./desk/trust.ts";
import { readConfig } from "./read-config.ts";

/** For a human alone, and without all that a desk opens. */
export async function openTrustAlone(context: CliContext): Promise<Trust> {
  refuseAgents();
  const loaded = await readConfig(context);
  const found = await findState(context);
  await ensureState(found);
  return openTrust({ context, loaded, stateDir: found.stateDir, refuseAgents });
}

export function refuseAgents(): void {
  const pid = findAgentAncestor();
  if (pid === null) return;
  throw new DispatchError({
    code: "not_for_agents",
    message: `this is a human's word, and process ${pid} runs as an agent`,
    hint: "type it in a terminal of your own",
    facts: { pid },
  });
}
