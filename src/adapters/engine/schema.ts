import { z } from "zod";
import { EXIT } from "../../domain/errors.ts";

/** A DispatchError as it comes back from the record; anything else stays a plain error. */
export const RecordedDispatchError = z.object({
  name: z.literal("DispatchError"),
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  exit: z.literal(Object.values(EXIT)),
  facts: z.record(z.string(), z.unknown()),
});
