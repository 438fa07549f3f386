import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firstWord, type FirstWord } from "../../../src/adapters/agents/first-word.ts";
import { listen } from "../../../src/adapters/agents/native/listen.ts";
import { CLIS } from "../../../src/adapters/agents/native/open-native.ts";
import type { CliName } from "../../../src/adapters/agents/native/cli.ts";
import { fixture } from "../../support/agent-site.ts";

/** A clock that is one second further on at each line. */
function played(name: CliName): { readonly told: FirstWord["told"]; readonly lines: readonly string[] } {
  let now = 0;
  const first = firstWord({ monotonic: () => now });
  const onLine = listen(
    CLIS[name].reader(),
    () => undefined,
    () => undefined,
    first,
  );
  const lines = readFileSync(join(fixture("transcripts"), name, "ok.jsonl"), "utf8")
    .trim()
    .split("\n");
  for (const line of lines) {
    now += 1000;
    onLine(line);
  }
  return { told: first.told, lines };
}

describe("the first word of a model", () => {
  it.each([
    ["claude", 1000, /"type":"assistant"/],
    ["codex", null, /"item\.(started|completed)"/],
    ["gemini", null, /"role":"assistant"|"type":"tool_use"/],
    ["opencode", 1000, /"type":"(text|tool_use|reasoning|step_finish)"/],
  ] as const)("of %s is heard in what it prints, with the tokens that it tells of", (name, tokens, pattern) => {
    const { told, lines } = played(name);
    expect(told.first?.seconds).toBe(1 + lines.findIndex((line) => pattern.test(line)));
    expect(told.first?.prefixTokens ?? null).toBe(tokens);
  });

  it("is timed once, comes with what the agent tells before what our gateway saw, and is nothing where there was none", () => {
    let now = 500;
    const first = firstWord({ monotonic: () => now });
    first.metered(40);
    expect(first.told).toEqual({});
    now = 2500;
    first.heard();
    expect(first.told).toEqual({ first: { seconds: 2, prefixTokens: 40 } });
    now = 9000;
    first.heard();
    first.asked(0);
    first.asked(900);
    first.asked(5000);
    first.metered(70);
    expect(first.told).toEqual({ first: { seconds: 2, prefixTokens: 900 } });
  });
});
