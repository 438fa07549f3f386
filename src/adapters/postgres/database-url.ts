import { userInfo } from "node:os";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Environment } from "./find-postgres.ts";

/** The shared database of DISPATCH_DATABASE_URL, in the form that every library reads; null when it is not set. */
export function readSharedUrl(env: Environment = process.env): string | null {
  const given = env.DISPATCH_DATABASE_URL;
  if (given === undefined || given === "") return null;
  const url = parse(given);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) throw invalid();
  // What libpq would fill in, DBOS insists on.
  if (url.username === "") url.username = env.PGUSER ?? userInfo().username;
  return url.toString();
}

function parse(given: string): URL | null {
  for (const attempt of [given, given.replace(/^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)\//, "$1localhost/")]) {
    const url = URL.canParse(attempt) ? new URL(attempt) : null;
    if (url !== null && url.hostname !== "") return url;
  }
  return null;
}

/** For messages: the password is nobody's business. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return "the database";
  const masked = new URL(url);
  if (masked.password !== "") masked.password = "***";
  return masked.toString();
}

function invalid(): DispatchError {
  return new DispatchError({
    code: "database_url_invalid",
    message: "DISPATCH_DATABASE_URL is not the address of a PostgreSQL database.",
    hint: "Write it as postgres://user:password@host:5432/database, or unset it to use a private server.",
    exit: EXIT.usage,
  });
}
