import { describe, expect, it } from "vitest";
import { fenceNotes, fenceSentence } from "../../../src/cli/desk/fence.ts";
import { requireSupported } from "../../../src/cli/desk/settings.ts";
import { derive, type Settled } from "../../../src/config/derive.ts";
import { Config } from "../../../src/config/schema.ts";

const settled = (agents: Record<string, object>): Settled => derive(Config.parse({ agents }), "/nowhere").config;
const coder = { role: "coder", engine: "command", command: ["true"] };
const config = settled({
  coder,
  careful: { ...coder, network: "none" },
  tester: { role: "tester", engine: "checks" },
  online: { role: "tester", engine: "checks", network: "open" },
  player: { role: "coder", engine: "replay", script: "r.json", network: "open" },
});
const fenced = { kind: "fenced", uncapped: null } as const;

describe("what is said of the fence", () => {
  it("names who has this machine's network", () => {
    expect(fenceSentence(config, fenced)).toContain("no network but this machine's for coder, online");
    expect(fenceNotes(config, fenced)).toEqual([expect.stringContaining("open network: coder, online can reach")]);
  });

  it("is nothing before a run that is fenced in whole, and all of it on the pull request", () => {
    const careful = settled({ coder: { ...coder, network: "none" } });
    expect(fenceNotes(careful, fenced)).toEqual([]);
    expect(fenceSentence(careful, fenced)).toBe("bubblewrap: files, home, git and processes of their own, no network");
  });

  it("tells of missing caps in both places", () => {
    const uncapped = { kind: "fenced", uncapped: "prlimit is not installed" } as const;
    expect(fenceSentence(config, uncapped)).toContain("no caps on sizes and numbers (prlimit is not installed)");
    expect(fenceNotes(config, uncapped)).toContainEqual(expect.stringContaining("prlimit is not installed"));
  });

  it("is as loud where there is none, for whatever reason", () => {
    const open = { kind: "open", why: "because of this", fix: "do that" } as const;
    expect(fenceSentence(config, open)).toContain("none: agents ran without a sandbox");
    expect(fenceNotes(config, open)).toEqual([expect.stringMatching(/^no fence: .* because of this .* do that$/)]);
  });
});

describe("a network between all and nothing", () => {
  it.each([["model"], [["registry.npmjs.org"]]])("%j is refused by this version", (network) => {
    const start = (): void => requireSupported(settled({ coder: { ...coder, network } }));
    expect(start).toThrow(expect.objectContaining({ code: "not_in_this_version", exit: 2 }));
  });
});
