import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkout } from "../support/checkout.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "dist/main.js");
const PRINT_IMPORTS = join(ROOT, "test/fixtures/print-imports.mjs");
const TSX = import.meta.resolve("tsx");

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function dispatch(argv: readonly string[], { cwd = ROOT, main = MAIN, node = [] as readonly string[] } = {}): Ran {
  const run = spawnSync(process.execPath, [...node, main, ...argv], { cwd, encoding: "utf8" });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** npm packages that this command line loads; asked of the source, since the build has them inside its parts. */
function packagesOf(argv: readonly string[], cwd = ROOT): readonly string[] {
  const node = ["--import", TSX, "--import", PRINT_IMPORTS];
  const { stderr } = dispatch(argv, { cwd, node, main: join(ROOT, "src/main.ts") });
  const names = stderr
    .split("\n")
    .flatMap((line) => /^import .*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

describe("what a command loads", () => {
  it("--version loads no package at all", () => {
    expect(packagesOf(["--version"])).toEqual([]);
  });

  it("help loads the parser of words alone", () => {
    expect(packagesOf(["--help"])).toEqual(["@commander-js/extra-typings"]);
  });

  it("the configuration loads no engine, no database and no prompts", () => {
    expect(packagesOf(["config", "print"], checkout())).toEqual(["@commander-js/extra-typings", "jsonc-parser", "zod"]);
  });
});

describe("a machine that cannot run it", () => {
  const pretend = (code: string): readonly string[] => ["--import", `data:text/javascript,${encodeURIComponent(code)}`];

  it("Windows is refused, with the way out", () => {
    const node = pretend(`Object.defineProperty(process, "platform", { value: "win32" })`);
    const { code, stdout, stderr } = dispatch(["--version"], { node });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("next  run it inside WSL 2");
  });

  it("an old Node is refused before anything is imported that it could not read", () => {
    const node = pretend(
      `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.1" } })`,
    );
    const { code, stderr } = dispatch(["--help"], { node: [...node, "--import", PRINT_IMPORTS] });
    expect(code).toBe(1);
    expect(stderr).toContain("error: dispatch needs Node 20.19 or newer; this is 20.18.1.");
    expect(stderr).not.toContain("/parts/");
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish", "powershell"])("prints the script of %s", (shell) => {
    const { code, stdout } = dispatch(["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/dispatch complete .?--/);
  });

  it("bash accepts its script", () => {
    const { stdout } = dispatch(["completion", "bash"]);
    expect(spawnSync("bash", ["-n"], { input: stdout, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    [["conf"], ["config"]],
    [
      ["config", ""],
      ["help", "print", "schema", "validate"],
    ],
    [["config", "print", "--so"], ["--sources"]],
    [
      ["retry", "--from", ""],
      ["code", "review", "test"],
    ],
    [["completion", "z"], ["zsh"]],
  ])("offers for %j %j", (words, offered) => {
    const lines = dispatch(["complete", "--", ...words])
      .stdout.trimEnd()
      .split("\n");
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.replace(/\t.*/, ""))
        .toSorted(),
    ).toEqual(offered);
    expect(lines.at(-1)).toMatch(/^:\d+$/);
  });
});

it("ends quietly when nobody reads on", async () => {
  const child = spawn(process.execPath, [MAIN, "config", "schema"], { cwd: ROOT });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.destroy();
  const [code] = (await once(child, "close")) as [number];
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it("ships the schema that it prints", () => {
  const shipped = readFileSync(join(ROOT, "dist/schema.json"), "utf8");
  expect(JSON.parse(dispatch(["config", "schema"]).stdout)).toEqual(JSON.parse(shipped));
});

it("ships the help topics", () => {
  expect(dispatch(["help", "rule"]).stdout).toContain("(N - 1) x t  >  S");
});
