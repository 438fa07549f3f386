import { BACKLOG } from "./backlog.ts";
import { RECORDING } from "./recording.ts";
import { SHOP } from "./shop.ts";

const RECORDING_PATH = ".dispatch/demo-recording.json";

const CONFIG = `{
  // What dispatch does in this repository. Every key: dispatch config schema
  "base": "main",
  "backlog": [{ "markdown": "BACKLOG.md" }],
  // Pull requests without an account: they are kept in git. With one: "github".
  "forge": "local",
  // Lanes at most; the fan-out rule decides how many are worth it.
  "jobs": 4,
  "agents": {
    // "replay" plays recorded edits in recorded time: no model, no key, no cost.
    // Yours would be { "role": "coder", "engine": "command", "command": ["./agent.sh"] }.
    "coder": { "role": "coder", "engine": "replay", "script": "${RECORDING_PATH}" },
    // Runs the checks below on the committed result, in a worktree of its own.
    "tester": { "role": "tester", "engine": "checks" },
    "reviewer": { "role": "reviewer", "engine": "replay", "script": "${RECORDING_PATH}" }
  },
  "checks": "node test/all.js",
  "testPaths": ["test/**"],
  // Starts of an agent per step: a crash is tried once more.
  "attempts": 2,
  // Reviews per task at most; then a human has to look.
  "review": { "rounds": 3 }
}
`;

/** Path → content of the demo's first commit. */
export const DEMO_FILES: Readonly<Record<string, string>> = {
  ...SHOP,
  "BACKLOG.md": BACKLOG,
  "dispatch.jsonc": CONFIG,
  [RECORDING_PATH]: `${JSON.stringify(RECORDING, null, 2)}\n`,
};
