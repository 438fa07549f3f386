/** As far as it matters for an instance, or for the arguments of a tool. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
}

export interface Tool {
  readonly name: string;
  readonly schema: Schema;
  /** It takes a text of its own kind instead of JSON. */
  readonly isFreeform?: boolean;
}

/** What a CLI asks of its model, whichever protocol it speaks. */
export interface Asked {
  /** All that was said as the user, oldest first. */
  readonly prompts: readonly string[];
  /** Results of tools since the last of them. */
  readonly turn: number;
  readonly tools: readonly Tool[];
  /** That the answer has to fit. */
  readonly schema: Schema | null;
  readonly isStream: boolean;
  readonly model: string;
}

export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>> | string;
}

export interface Reply {
  readonly text: string;
  readonly call: Call | null;
  readonly stop: "end" | "length" | "refusal";
}

export interface Message {
  /** null where the protocol names no events. */
  readonly event: string | null;
  readonly data: object | string;
}

/** One API: how it is asked, and how it answers. `id` is new for each answer. */
export interface Protocol {
  readonly name: string;
  /** Of the path behind the scenario. */
  readonly path: RegExp;
  read(body: unknown, path: string): Asked;
  /** The first is sent also where the stream is to break; what ends the answer is never the first. */
  stream(reply: Reply, asked: Asked, id: string): readonly Message[];
  whole(reply: Reply, asked: Asked, id: string): object;
  failure(status: number, code: string, message: string): object;
}

/** On every answer, so that N requests give exact sums. */
export const USAGE = { input: 1000, cached: 400, output: 100, reasoning: 20 } as const;

interface Part {
  readonly text?: string;
}

export const textOf = (content: string | readonly Part[] | undefined): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("\n");

/** One message: words of the user, or results of tools. */
export type Said = { readonly text: string } | { readonly results: number };

/** What CLIs add by themselves in the user's name is no prompt. */
export function conversation(said: readonly Said[]): Pick<Asked, "prompts" | "turn"> {
  const prompts: string[] = [];
  let turn = 0;
  for (const one of said) {
    if ("results" in one) turn += one.results;
    else if (!isAside(one.text)) {
      prompts.push(one.text);
      turn = 0;
    }
  }
  return { prompts, turn };
}

const isAside = (text: string): boolean =>
  text.startsWith("# AGENTS.md") || text.replaceAll(/<([\w-]+)>[\s\S]*?<\/\1>/g, "").trim() === "";
