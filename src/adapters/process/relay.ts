/**
 * A program of its own, the first inside a fence without a network: what is said to a port of the loopback there goes
 * to a unix socket, whose server is outside. It is the parent of the program that all this is for, and ends with it.
 */
import { spawn } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { constants } from "node:os";

export interface RelayOrder {
  readonly socket: string;
  readonly port: number;
  readonly file: string;
  readonly args: readonly string[];
}

const { socket, port, file, args } = JSON.parse(process.argv[2] ?? "") as RelayOrder;

// They are for the program, and reach it too: the session is one. It decides when this one ends.
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => undefined);

createServer({ allowHalfOpen: true }, (inside) => {
  const outside = connect({ path: socket, allowHalfOpen: true });
  outside.once("error", requireServer);
  pass(inside, outside);
  pass(outside, inside);
})
  .once("error", (error) => giveUp(`cannot listen on port ${port}: ${error.message}`, 1))
  .listen(port, "127.0.0.1", start);

/** An end that was said is passed on as such, and a broken line as a broken line. */
function pass(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once("error", () => to.destroy());
  from.once("close", () => from.readableEnded || to.destroy());
}

function start(): void {
  const program = spawn(file, args, { stdio: "inherit" });
  program.once("error", (error) => giveUp(`${file} cannot be started: ${error.message}`, 127));
  program.once("exit", (exitCode, signal) =>
    process.exit(signal === null ? (exitCode ?? 1) : 128 + constants.signals[signal]),
  );
}

/** Without its way out the program would fail for reasons that nobody understands. */
function requireServer({ code = "" }: NodeJS.ErrnoException): void {
  if (["ENOENT", "ECONNREFUSED"].includes(code)) giveUp(`the way out of the fence is gone (${code} at ${socket})`, 1);
}

/** With this one ends all that is inside. */
function giveUp(why: string, exitCode: number): void {
  process.stderr.write(`dispatch: ${why}\n`);
  process.exit(exitCode);
}
