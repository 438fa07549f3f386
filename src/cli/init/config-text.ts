import type { KnownAgent } from "./known-agents.ts";

export interface InitAnswers {
  /** null when none was found or named: the file then shows where it belongs. */
  readonly coder: KnownAgent | null;
  /** null for none. */
  readonly checks: string | null;
  readonly backlog: string;
  /** A file of the checkout that says how to review; null where there is none. */
  readonly reviewer: string | null;
}

/** `dispatch.jsonc` with a reason beside every line that a person may want to change. */
export function configText({ coder, checks, backlog, reviewer }: InitAnswers): string {
  const agents = [coderLines(coder, reviewer), checks === null ? TESTER.map((line) => `// ${line}`) : TESTER];
  return `${[
    "// How dispatch works on this repository. All keys: dispatch config schema. What holds now: dispatch config print",
    "{",
    `  "backlog": [{ "markdown": ${JSON.stringify(backlog)} }], // each "- [ ] title" is a task: dispatch help backlog`,
    '  "forge": "local", // pull requests are kept in git: on origin, or here without one',
    '  "jobs": 4, // lanes at most; the fan-out rule decides below it: dispatch help rule',
    '  "agents": {',
    ...agents.flat().map((line) => `    ${line}`),
    "  },",
    ...checksLines(checks),
    '  // "setup": "npm ci", // once in each new worktree, before the checks',
    '  "review": { "rounds": 3 }, // fixes at most, then a person decides',
    '  "attempts": 2, // starts of an agent per step before its task fails',
    '  "limits": { "wall": "30m", "idle": "10m" } // of one agent: in all, and without a word',
    "}",
  ].join("\n")}\n`;
}

const TESTER = ['"tester": { "role": "tester", "engine": "checks" }, // runs the checks below, no model'];

function coderLines(coder: KnownAgent | null, reviewer: string | null): readonly string[] {
  if (coder === null) {
    return [
      "// No coding agent was found. Any program that reads a brief on stdin and edits the folder it stands in will do:",
      '// "coder": { "role": "coder", "engine": "command", "command": ["./agent.sh"] },',
      ...REVIEWER,
    ];
  }
  if (coder.kind === "native") return nativeLines(coder, reviewer);
  return [
    '"coder": {',
    '  "role": "coder",',
    '  "engine": "command", // any program: the brief on stdin, the worktree as its folder (dispatch help agents)',
    `  "command": [${coder.command.map((word) => JSON.stringify(word)).join(", ")}],`,
    '  "env": [] // names of variables it may see, never values',
    "},",
    ...REVIEWER,
  ];
}

function nativeLines(
  { name, keyName }: Extract<KnownAgent, { readonly kind: "native" }>,
  reviewer: string | null,
): readonly string[] {
  const file = reviewer === null ? "" : `, "file": ${JSON.stringify(reviewer)}`;
  const how = keyName === null ? '"login": "inherit"' : `"apiKeyEnv": ${JSON.stringify(keyName)}`;
  const why =
    keyName === null
      ? "// your own login: its folder in your home is open to the agent; with a key it is not (dispatch help agents)"
      : "// the name of the variable: inside the fence the agent never sees the key itself";
  return [
    `"coder": {`,
    '  "role": "coder",',
    `  "engine": ${JSON.stringify(name)},`,
    `  ${how} ${why}`,
    "},",
    `"reviewer": { "role": "reviewer", "engine": ${JSON.stringify(name)}, ${how}${file} }, // reads, and cannot write`,
  ];
}

const REVIEWER = [
  "// A reviewer reads the change and writes its verdict to the file that DISPATCH_RESULT names:",
  '// "reviewer": { "role": "reviewer", "engine": "command", "command": ["./review.sh"] },',
];

function checksLines(checks: string | null): readonly string[] {
  return checks === null
    ? ['  // "checks": "npm test", // what must pass; without it only a reviewer tells good from bad']
    : [`  "checks": ${JSON.stringify(checks)}, // run on the committed result, in a worktree of its own`];
}
