import { callOf, instanceOf } from "./calls.ts";
import type { Step } from "./directive.ts";
import type { Asked, Reply } from "./protocol.ts";

/** Where a CLI takes an answer that fits a schema as a call. */
const ANSWERS = /^StructuredOutput$/;

const say = (text: string, stop: Reply["stop"] = "end"): Reply => ({ text, call: null, stop });

/**
 * What the model does now. It remembers nothing: which of the steps is next is in the request, as with a real one, so it
 * plays on after whatever was killed. `text`: the request as it came, for the folder in which the CLI says that it works.
 */
export function decide(scenario: string, asked: Asked, text: string, steps: readonly Step[]): Reply {
  if (scenario === "refuse") return say("I cannot help with that.", "refusal");
  if (scenario === "maxtok") return say("And then", "length");
  // A side call, for a title or a route.
  if (asked.tools.length === 0)
    return say(asked.schema === null ? "A title" : JSON.stringify(instanceOf(asked.schema)));
  const calls = steps.flatMap((step) => {
    const call = callOf(step, asked, cwdIn(text));
    return call === null ? [] : [call];
  });
  const call = calls[asked.turn];
  if (call !== undefined) return { text: `Step ${asked.turn + 1}.`, call, stop: "end" };
  return lastWords(
    steps.findLast((step) => "say" in step || "json" in step),
    asked,
    asked.turn - calls.length,
  );
}

/** `since`: results that came after all steps were played, which is only what an answer by a call gave. */
function lastWords(last: Step | undefined, { tools, schema }: Asked, since: number): Reply {
  const answers = tools.find(({ name }) => ANSWERS.test(name));
  const given = last !== undefined && "json" in last ? last.json : undefined;
  if (answers !== undefined) {
    if (since > 0) return say("Answered.");
    const args = (given ?? instanceOf(answers.schema)) as Readonly<Record<string, unknown>>;
    return { text: "", call: { name: answers.name, args }, stop: "end" };
  }
  if (given !== undefined) return say(JSON.stringify(given));
  if (schema !== null) return say(JSON.stringify(instanceOf(schema)));
  return say(last !== undefined && "say" in last ? last.say : "Done.");
}

function cwdIn(text: string): string | null {
  const plain = text.replaceAll(String.raw`\n`, "\n").replaceAll(String.raw`\"`, '"');
  const found =
    /<cwd>\s*(\/[^<\s]+)/.exec(plain) ??
    /(?:working|current) directory(?: is)?:?\s+[`"']?(\/[^\s`"'<\\,]+)/i.exec(plain) ??
    /workspace[^:\n]*:\s*-?\s*[`"']?(\/[^\s`"'<\\,]+)/i.exec(plain);
  return found?.[1]?.replace(/[.)\]]+$/, "") ?? null;
}
