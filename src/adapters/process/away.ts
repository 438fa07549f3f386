import { hasCode } from "../git/files.ts";

/** The server is just starting or stopping, it went away while we asked, or the way to it is cut. */
const CODES = ["57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006"];
const SOCKET = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EPIPE"];
/** pg says it in words only. */
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/;

/** True for an error that says nothing of what was asked: the same may work a moment later. */
export function isAway(error: unknown): boolean {
  return hasCode(error, ...CODES, ...SOCKET) || (error instanceof Error && WORDS.test(error.message));
}
