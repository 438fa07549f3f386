import { type Fields, fields, listAt, textAt } from "../fields.ts";

/** Something that a session lets us choose, in either of the two ways that agents have. */
export interface Choice {
  readonly current: string;
  readonly values: readonly { readonly id: string; readonly name: string }[];
  /** The request that chooses it. */
  readonly request: (id: string) => { readonly method: string; readonly params: Fields };
}

export function findChoice(session: Fields, sessionId: string, what: "mode" | "model"): Choice | null {
  const option = listAt(session, "configOptions").find((one) => [one["category"], one["id"]].includes(what));
  if (option !== undefined) {
    const params = { sessionId, configId: textAt(option, "id") };
    // They may come in groups.
    const options = listAt(option, "options").flatMap((one) => ("options" in one ? listAt(one, "options") : [one]));
    return {
      current: textAt(option, "currentValue"),
      values: options.map((one) => ({ id: textAt(one, "value"), name: textAt(one, "name") })),
      request: (value) => ({ method: "session/set_config_option", params: { ...params, value } }),
    };
  }
  const [list, current, id, method] =
    what === "mode"
      ? (["availableModes", "currentModeId", "id", "session/set_mode"] as const)
      : (["availableModels", "currentModelId", "modelId", "session/set_model"] as const);
  const offered = fields(session, `${what}s`);
  const values = listAt(offered, list).map((one) => ({ id: textAt(one, id), name: textAt(one, "name") }));
  if (values.length === 0) return null;
  return {
    current: textAt(offered, current),
    values,
    request: (value) => ({ method, params: { sessionId, [`${what}Id`]: value } }),
  };
}

/**
 * For a coder those that ask, since we are there to answer. For judges first those that cannot act: where an answer of
 * ours keeps them from it, some end their turn (copilot, qwen).
 */
const MODES = { coder: ["default"], judge: ["read-only", "plan", "ask", "approve", "agent", "default"] };

/** null where it may stay as it is. */
export function pickMode({ values, current }: Choice, edits: boolean): string | null {
  const wanted = MODES[edits ? "coder" : "judge"];
  // Some name them by an address: `https://…#agent`.
  const found = wanted.flatMap((word) => values.filter(({ id }) => id.split(/[#/]/).at(-1) === word))[0];
  return found === undefined || found.id === current ? null : found.id;
}

/** undefined where there is no such model to choose. */
export function pickModel({ values }: Choice, model: string): string | undefined {
  return values.find(({ id, name }) => id === model || name === model)?.id;
}
