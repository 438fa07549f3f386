/** `NODE_OPTIONS=--import=…`: the dispatcher's wall clock, wrong by what a file says when SIGCONT wakes it. */
import { readFileSync } from "node:fs";

const Real = Date;
const read = () => Number(readFileSync(process.env.DISPATCH_CRASH_CLOCK, "utf8"));
let wrongBy = 0;
process.on("SIGCONT", () => (wrongBy = read()));
const now = () => Real.now() + wrongBy;

globalThis.Date = new Proxy(Real, {
  apply: () => new Real(now()).toString(),
  construct: (_, args) => (args.length === 0 ? new Real(now()) : new Real(...args)),
  get: (_, name) => (name === "now" ? now : Real[name]),
});
