import { InvalidArgumentError } from "@commander-js/extra-typings";

/** As much of a zod type as is needed here; zod itself stays behind schemas.ts. */
interface Type<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly { readonly message: string }[] } };
}

/** A parser for an option or an argument: the value as the type says, or what is wrong with it (exit 2). */
export function valueOf<T>(type: Type<T>): (text: string) => T {
  return (text) => {
    const parsed = type.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? "");
  };
}
