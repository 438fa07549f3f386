import { z } from "zod";
import { Duration } from "../../config/schema.ts";
import { isTaskId, TASK_ID_HELP } from "../../domain/ids.ts";
import { plainLine } from "./plain-line.ts";
import { splitList } from "./split-list.ts";

/** YAML and JSON write some ids and words as numbers. */
const Word = z.union(
  [z.string(), z.int().transform(String)],
  refuse((value) => `${show(value)} is not a word: put it in quotes`),
);
const List = z.union([z.string().transform(splitList), z.array(Word)], {
  error: "must be a list of words, or one text with commas",
});
const Id = z.string().refine(
  isTaskId,
  refuse((value) => `${show(value)} cannot name a task: an id is ${TASK_ID_HELP}`),
);
const Label = z.string().refine(
  (word) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(word),
  refuse((value) => `${show(value)} is not one word of letters, digits, ".", "_" and "-"`),
);
const Glob = z.string().refine(
  (glob) => glob !== "" && !/^[/\\]/.test(glob) && !glob.includes("\0") && !glob.split("/").includes(".."),
  refuse((value) => `${show(value)} is not a path in the repository: write it from the root, such as src/api/**`),
);
const Estimate = z.unknown().transform((value, context): number => {
  const seconds = Duration.safeParse(value);
  if (seconds.success && seconds.data > 0) return seconds.data;
  context.issues.push({
    code: "custom",
    input: value,
    message: `${show(value)} is no duration: write 30s, 5m or 1.5h`,
  });
  return z.NEVER;
});
const Value = z.union(
  [
    z.number().nonnegative(),
    z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .transform(Number),
  ],
  refuse((value) => `${show(value)} is not a number of 0 or more, such as 2.50`),
);
const Priority = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^-?\d{1,9}$/)
      .transform(Number),
  ],
  refuse((value) => `${show(value)} is not a whole number, such as 1`),
);

const fields = {
  id: Word.pipe(Id).optional(),
  after: List.pipe(z.array(Id)).default([]),
  est: Estimate.optional(),
  files: List.pipe(z.array(Glob)).default([]),
  kind: Word.pipe(Label).optional(),
  skills: List.pipe(z.array(Label)).default([]),
  value: Value.optional(),
  priority: Priority.optional(),
};

/** What may stand in the comment of a title line, as texts (docs/contract.md §3). */
export const Annotation = z.strictObject(fields);
export type Annotation = z.output<typeof Annotation>;
export const ANNOTATION_KEYS = Object.keys(fields);

/** One item of a JSON, JSONL or YAML backlog; null is the same as absent. */
export type ItemRecord = Annotation & {
  readonly title: string;
  readonly body: string;
  readonly done: boolean;
  /** Sub-tasks; `tasks` is another name for the same. */
  readonly children?: readonly ItemRecord[] | undefined;
  readonly tasks?: readonly ItemRecord[] | undefined;
};

const Children = z.array(
  z.lazy(() => ItemRecord),
  { error: "must be a list of items" },
);
const record = {
  ...fields,
  title: z
    .string({ error: (issue) => (issue.input === undefined ? "is missing" : `${show(issue.input)} is not a text`) })
    .transform(plainLine)
    .refine((title) => title !== "", { error: "is empty: say what is to be done" }),
  body: z.string({ error: "must be a text" }).default(""),
  done: z.boolean({ error: "must be true or false" }).default(false),
  children: Children.optional(),
  tasks: Children.optional(),
};
const ItemRecord: z.ZodType<ItemRecord> = z.preprocess(
  withoutNulls,
  z.strictObject(record, {
    error: (issue) => (issue.code === "invalid_type" ? 'is not an item: write at least a "title"' : undefined),
  }),
);
export const ITEM_KEYS = Object.keys(record);

/** A whole text; a bare list is put under `tasks` before. */
export const ItemFile = z.strictObject(
  { tasks: z.array(ItemRecord, { error: "must be a list of items" }) },
  { error: (issue) => (issue.code === "invalid_type" ? "the backlog must be a list of items" : undefined) },
);

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}

function refuse(what: (input: unknown) => string) {
  return { error: (issue: { readonly input?: unknown }) => what(issue.input) };
}
