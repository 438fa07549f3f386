import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { BacklogItem } from "../../domain/backlog-item.ts";
import type { Backlog, WritableBacklog } from "../../ports/backlog.ts";
import { addSubTasks, type Pages } from "./add-sub-tasks.ts";
import { duplicateProblems, nameItems } from "./name-items.ts";
import { type BacklogFormat, EXTENSIONS, formatOf, parseBacklog } from "./parse-backlog.ts";
import { backlogInvalid, type PlacedProblem } from "./problems.ts";
import { readTextFile, readTextStream, type TextReading } from "./read-text.ts";

/** The sources of `dispatch.jsonc` that are texts on this machine. */
export type TextSource = Exclude<NonNullable<Config["backlog"]>[number], { github: unknown }>;

export interface BacklogOptions {
  /** Read one after the other; empty, and no `others`, means the first of BACKLOG.md, TODO.md. */
  readonly sources: readonly TextSource[];
  /** The user's checkout: relative names start here. */
  readonly root: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Backlogs that are no texts, behind these. */
  readonly others?: readonly Backlog[];
}

const DEFAULTS = ["BACKLOG.md", "TODO.md"] as const;

interface Page {
  readonly items: readonly BacklogItem[];
  readonly problems: readonly PlacedProblem[];
}

/** Several texts as one backlog. Rejects with code `backlog_invalid` (exit 2) and every problem of every text. */
export function openBacklog({ sources, root, stdin, others = [] }: BacklogOptions): WritableBacklog {
  const texts: Pages = new Map();
  // A stream can be read once, a backlog many times.
  let fromStdin: Promise<TextReading> | null = null;
  const readStdin = (): Promise<TextReading> => (fromStdin ??= readTextStream(stdin));

  const isUsual = sources.length + others.length === 0;

  const readSource = async (source: TextSource): Promise<Page> => {
    if ("stdin" in source) return toPage("stdin", source.stdin, await readStdin());
    const file = "markdown" in source ? source.markdown : source.file;
    const format = "markdown" in source ? "markdown" : formatOf(file);
    if (format === null) return unknownFormat(file);
    const reading = await readTextFile(root, file);
    if (reading.ok && format === "markdown") texts.set(file, reading.text);
    return toPage(file, format, reading);
  };

  return {
    describe: isUsual
      ? DEFAULTS.join(" or ")
      : [...sources.map(describe), ...others.map((other) => other.describe)].join(", "),
    async readItems() {
      const wanted = isUsual ? [await findDefault(root)] : sources;
      const pages: Page[] = [];
      for (const source of wanted) pages.push(await readSource(source));
      for (const other of others) pages.push({ items: await other.readItems(), problems: [] });
      const items = pages.flatMap((page) => page.items);
      const problems = [...pages.flatMap((page) => page.problems), ...duplicateProblems(items)];
      if (problems.length > 0) throw backlogInvalid(problems);
      return items;
    },
    addSubTasks: (item, tasks) => addSubTasks(root, texts, item, tasks),
  };
}

function toPage(file: string, format: BacklogFormat, reading: TextReading): Page {
  if (!reading.ok) return { items: [], problems: [{ file, ...reading.problem }] };
  const { items, problems } = parseBacklog(reading.text, format);
  return { items: nameItems(items, file), problems: problems.map((problem) => ({ file, ...problem })) };
}

function unknownFormat(file: string): Page {
  const message = `its name does not tell what it is: end it with one of ${EXTENSIONS.join(", ")}`;
  return { items: [], problems: [{ file, line: null, message }] };
}

async function findDefault(root: string): Promise<TextSource> {
  for (const name of DEFAULTS) {
    const found = await access(join(root, name)).then(
      () => true,
      () => false,
    );
    if (found) return { markdown: name };
  }
  const message = `there is neither ${DEFAULTS.join(" nor ")} in ${root}: write one, or name another in \`backlog\` of dispatch.jsonc`;
  throw backlogInvalid([{ file: DEFAULTS[0], line: null, message }]);
}

function describe(source: TextSource): string {
  if ("stdin" in source) return "stdin";
  return "markdown" in source ? source.markdown : source.file;
}
