import { DispatchError, EXIT } from "../../domain/errors.ts";

export function promptInvalid(path: string, cause: unknown): DispatchError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DispatchError({
    code: "prompt_invalid",
    message: `${path} cannot be used as a prompt: ${why}`,
    hint: "mend it, or take it away; what it may use: dispatch help agents",
    exit: EXIT.usage,
    facts: { path },
    cause,
  });
}
