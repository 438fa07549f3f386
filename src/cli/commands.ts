import type { CommandEntry } from "./command.ts";

/** Every command, in the order of `dispatch --help`. A new one adds a line here and a file under `commands/`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "write dispatch.jsonc for this repository",
    group: "Start",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "doctor",
    summary: "check every precondition, each with its fix",
    group: "Start",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "demo",
    summary: "make a small repository and run the whole job on it, offline",
    group: "Start",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "plan",
    summary: "show tasks, lanes and the arithmetic; start nothing",
    group: "Work",
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  {
    name: "run",
    summary: "the main job: code, test, review, one pull request per task",
    group: "Work",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "status",
    summary: "where every task is, and what it waits for",
    group: "Look",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "logs",
    summary: "what the agents of a task printed",
    group: "Look",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "diff",
    summary: "what a task changed",
    group: "Look",
    load: async () => (await import("./commands/diff.ts")).diff,
  },
  {
    name: "open",
    summary: "where a task's work is",
    group: "Look",
    load: async () => (await import("./commands/open.ts")).open,
  },
  {
    name: "pr",
    summary: "list or show pull requests",
    group: "Look",
    load: async () => (await import("./commands/pr.ts")).pr,
  },
  {
    name: "review",
    summary: "walk through what waits for you",
    group: "Decide",
    load: async () => (await import("./commands/review.ts")).review,
  },
  {
    name: "approve",
    summary: "approve a task's pull request",
    group: "Decide",
    load: async () => (await import("./commands/approve.ts")).approve,
  },
  {
    name: "reject",
    summary: "send a task back, with the reason",
    group: "Decide",
    load: async () => (await import("./commands/reject.ts")).reject,
  },
  {
    name: "merge",
    summary: "merge an approved pull request into the base",
    group: "Decide",
    load: async () => (await import("./commands/merge.ts")).merge,
  },
  {
    name: "retry",
    summary: "let a task begin anew",
    group: "Steer",
    load: async () => (await import("./commands/retry.ts")).retry,
  },
  {
    name: "cancel",
    summary: "stop a task; its work is kept",
    group: "Steer",
    load: async () => (await import("./commands/cancel.ts")).cancel,
  },
  {
    name: "clean",
    summary: "remove worktrees and branches that nobody needs",
    group: "Steer",
    load: async () => (await import("./commands/clean.ts")).clean,
  },
  {
    name: "watcher",
    summary: "the rebase watcher: status, pause, resume, run",
    group: "Steer",
    load: async () => (await import("./commands/watcher.ts")).watcher,
  },
  {
    name: "journal",
    summary: "verify that nobody changed what was recorded",
    group: "More",
    load: async () => (await import("./commands/journal.ts")).journal,
  },
  {
    name: "config",
    summary: "print, validate or describe the configuration",
    group: "More",
    load: async () => (await import("./commands/config.ts")).config,
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    group: "More",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  {
    name: "complete",
    summary: "answer the completion script of a shell",
    group: "More",
    hidden: true,
    load: async () => (await import("./commands/complete.ts")).complete,
  },
  {
    name: "help",
    summary: "explain a command or a topic",
    group: "More",
    load: async () => (await import("./commands/help.ts")).help,
  },
];
