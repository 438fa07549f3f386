import { describe, expect, it } from "vitest";
import { fenceNotes, fenceSentence } from "../../../src/cli/desk/fence.ts";
import { requireSupported } from "../../../src/cli/desk/settings.ts";
import { derive, type Settled } from "../../../src/config/derive.ts";
import { Config } from "../../../src/config/schema.ts";
import type { Fence } from "../../../src/ports/sandbox.ts";

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
    const uncapped = { kind: "fenced", uncapped: { what: "sizes (prlimit is not installed)", fix: "get it" } } as const;
    expect(fenceSentence(config, uncapped)).toContain("no cap on sizes (prlimit is not installed)");
    expect(fenceNotes(config, uncapped)).toContainEqual(expect.stringContaining("prlimit is not installed"));
  });

  it("is as loud where there is none, for whatever reason", () => {
    const open = { kind: "open", why: "because of this", fix: "do that" } as const;
    expect(fenceSentence(config, open)).toContain("none: agents ran without a sandbox");
    expect(fenceNotes(config, open)).toEqual([expect.stringMatching(/^no fence: .* because of this .* do that$/)]);
  });
});

describe("a network between all and nothing", () => {
  const modelled = { ...coder, network: "model", apiKeyEnv: "ANTHROPIC_API_KEY" };
  const listed = { ...coder, network: ["registry.npmjs.org"] };
  const start = (agent: object, fence: Fence = fenced, env = {}) =>
    requireSupported(settled({ coder: agent }), fence, env);

  it("stands on the pull request", () => {
    expect(fenceSentence(settled({ coder, modelled, listed }), fenced)).toContain(
      "no network but this machine's for coder and the hosts of its list for listed and its model server for modelled",
    );
  });

  it("holds inside a fence alone, so that without one nobody starts", () => {
    const open = { kind: "open", why: "because of this", fix: "do that" } as const;
    for (const agent of [modelled, listed])
      expect(() => start(agent, open, { ANTHROPIC_API_KEY: "k" })).toThrow(
        expect.objectContaining({
          ...{ code: "network_unfenced", exit: 2 },
          hint: 'do that, or "network": "open" for that agent',
        }),
      );
    expect(() => start(coder, open)).not.toThrow();
  });

  it("of a model needs the key, and its name", () => {
    expect(() => start(modelled)).toThrow(expect.objectContaining({ code: "api_key_missing", exit: 4 }));
    expect(() => start({ ...modelled, apiKeyEnv: undefined })).toThrow(
      expect.objectContaining({ code: "config_invalid", exit: 2 }),
    );
    expect(() => start(modelled, fenced, { ANTHROPIC_API_KEY: "k" })).not.toThrow();
    expect(() => start(listed)).not.toThrow();
  });
});
