import { describe, expect, it } from "vitest";
import { answerSchema } from "../../src/adapters/agents/native/answer-schema.ts";
import type { Cli } from "../../src/adapters/agents/native/cli.ts";
import { aTurn, exited, playLines } from "../support/transcript.ts";

/** The promises of `adapters/agents/native/cli.ts`, for every CLI. */
export function cliContract(cli: Cli): void {
  describe(`a turn of ${cli.name}`, () => {
    it("is planned alike for the same wish, and its files lie where they may", () => {
      const turn = aTurn({ guidance: "be kind", schema: answerSchema("reviewer"), edits: false });
      expect(cli.plan(turn)).toEqual(cli.plan(turn));
      for (const { path } of cli.plan(turn).files) expect(path).toMatch(/^\/w\/(?:home|folder)\//);
    });

    it("shows no key on its command line", () => {
      const { args } = cli.plan(aTurn());
      expect(args.join(" ")).not.toContain("the-key-itself");
    });

    it("goes on with a session only when there is one, where it can", () => {
      const plan = (resume: string | null) => JSON.stringify(cli.plan(aTurn({ session: { resume, fresh: "f" } })));
      expect(plan("an-old-session").includes("an-old-session")).toBe(cli.features.resume);
      expect(plan(null)).not.toContain("an-old-session");
    });

    it("of a judge is planned otherwise than a coder's, where it can be kept from writing", () => {
      const [judge, coder] = [cli.plan(aTurn({ edits: false })), cli.plan(aTurn())];
      expect(JSON.stringify(judge) !== JSON.stringify(coder)).toBe(cli.features.readOnly);
    });

    it("that says nothing has not gone well, however it exits", () => {
      for (const printed of [[], ["a warning", "{ not json", '{"type":"no-such-thing"}', "[]", "null", '{"type":7}']]) {
        for (const exit of [{ kind: "ok" } as const, exited(1), { kind: "crashed", signal: "SIGKILL" } as const]) {
          const { told, isHopeless } = playLines(cli, printed, exit);
          expect([told.end.kind, told.usage, told.costUsd, isHopeless]).toEqual(["gave_up", null, null, false]);
        }
      }
    });
  });
}
