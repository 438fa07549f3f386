import { DispatchError } from "../../domain/errors.ts";

/** What was found of one precondition. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** What a person can do; null when nothing needs doing. */
  readonly fix: string | null;
  /** What `--fix` may do by itself; harmless and repeatable. */
  readonly repair?: () => Promise<void>;
}

export const good = (name: string, message: string): Finding => ({ name, status: "ok", message, fix: null });

export const doubtful = (name: string, message: string, fix: string): Finding => ({
  name,
  status: "warn",
  message,
  fix,
});

export const bad = (name: string, message: string, fix: string, repair?: () => Promise<void>): Finding => ({
  name,
  status: "fail",
  message,
  fix,
  ...(repair === undefined ? {} : { repair }),
});

/** The finding of a question that may throw one of our errors: those carry their own fix. */
export async function examine(name: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DispatchError) return bad(name, error.message, error.hint);
    throw error;
  }
}
