import { openSandbox } from "../../src/adapters/sandbox/open-sandbox.ts";

/** Whether agents can be fenced in on this machine; null, or why not. */
const fence = await openSandbox({ mode: "auto", repository: null }).probe();
export const whyNoFence = fence.kind === "fenced" ? null : fence.why;
if (whyNoFence !== null) console.warn(`skipped, no fence here: ${whyNoFence}`);
