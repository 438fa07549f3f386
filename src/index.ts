/** What a library user may import: the rules, the story and the ports it needs. Everything else is inside. */
export { dispatch, type Dispatched } from "./dispatch/dispatch.ts";
export { STORY_VERSION } from "./dispatch/episode.ts";
export type { Ports, PortsWithEngine, Settings } from "./dispatch/ports.ts";
export { runResult, type RunResult, type TaskResult } from "./dispatch/report.ts";
export { statusReport, type StatusReport } from "./dispatch/status.ts";
export { stories } from "./dispatch/run-task.ts";
export { DispatchError, EXIT, type ExitCode } from "./domain/errors.ts";
export { decideFanOut, type FanOut } from "./domain/fan-out.ts";
export { planRun, type Plan } from "./domain/plan.ts";
export type { Agent, AgentOutcome, AgentRequest } from "./ports/agent.ts";
export type { Forge, PullRequest } from "./ports/forge.ts";
export type { Engine, Steps, Story } from "./ports/steps.ts";
