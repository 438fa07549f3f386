import { dirname } from "node:path";
import { type Command, RELAY_PORT, type Relayed } from "../../ports/sandbox.ts";
import { ownProgram } from "./own-program.ts";
import type { RelayOrder } from "./relay.ts";

/** The same program as the child of a relay (`relay.ts`), and what that has to read inside. */
export function relayed<Program extends Pick<Command, "file" | "args">>(
  { socket }: Relayed,
  program: Program,
): { readonly program: Program; readonly reads: readonly string[] } {
  const { args, reads } = ownProgram(import.meta.url, "relay");
  const order: RelayOrder = { socket, port: RELAY_PORT, file: program.file, args: program.args };
  return {
    program: { ...program, file: process.execPath, args: [...args, JSON.stringify(order)] },
    reads: [...reads, dirname(socket)],
  };
}
