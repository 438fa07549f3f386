import { DispatchError } from "../../src/domain/errors.ts";

/** The error that a user would see; fails when there is none, or one that is not meant for users. */
export async function caught(work: Promise<unknown> | (() => unknown)): Promise<DispatchError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof DispatchError) return error;
    throw error;
  }
  throw new Error("no error where one was expected");
}
