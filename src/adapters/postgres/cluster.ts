import { randomBytes } from "node:crypto";
import { chown, open, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { hasCode } from "../git/files.ts";
import type { Place } from "./place.ts";
import { runAs } from "./run-as.ts";

/** The only role of the private server. */
export const ROLE = "dispatch";

/** Makes the data of the server, once. Under the start lock. */
export async function ensureCluster(place: Place, programs: string): Promise<void> {
  if ((await readPinnedMajor(place)) !== null) return;
  // Half-made ones of commands that were killed.
  for (const name of await readdir(place.root)) {
    if (name.startsWith("data.new-")) await rm(join(place.root, name), { recursive: true, force: true });
  }
  await writePassword(place);
  const made = `${place.data}.new-${process.pid}`;
  await initialise(place, programs, made);
  await rename(made, place.data);
}

/** The major version that the data was made by; null before the first start. */
export async function readPinnedMajor(place: Place): Promise<string | null> {
  try {
    return (await readFile(join(place.data, "PG_VERSION"), "utf8")).trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

export async function readPassword(place: Place): Promise<string> {
  try {
    return (await readFile(place.password, "utf8")).trim();
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause;
    throw new DispatchError({
      code: "postgres_password_lost",
      message: `The password of the private PostgreSQL is gone: ${place.password} is not there, but its data is.`,
      hint: `Restore that file, or begin with new data (git and the forge keep the work): mv '${place.data}' '${place.data}.old'`,
      facts: { file: place.password },
      cause,
    });
  }
}

async function writePassword({ password, user }: Place): Promise<void> {
  const beside = `${password}.new`;
  await writeFile(beside, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
  if (user.isOther) await chown(beside, user.uid, user.gid);
  await rename(beside, password);
}

async function initialise(place: Place, programs: string, data: string): Promise<void> {
  const initdb = join(programs, "initdb");
  const output = join(place.root, "initdb.log");
  await using log = await open(output, "w", 0o600);
  const args = [
    "--pgdata",
    data,
    "--username",
    ROLE,
    "--pwfile",
    place.password,
    "--encoding",
    "UTF8",
    "--locale",
    "C",
  ];
  args.push("--auth-local", "scram-sha-256", "--auth-host", "reject", "--no-instructions");
  const { ended } = runAs(place.user, initdb, args, log.fd);
  const failure = await ended.then(
    (code) => (code === 0 ? null : `exit ${code ?? "by a signal"}`),
    (error: unknown) => String(error),
  );
  if (failure === null) return;
  const said = (await readFile(output, "utf8")).trim().slice(-2000);
  throw new DispatchError({
    code: "postgres_init_failed",
    message: `${initdb} could not make the data of the private PostgreSQL (${failure}): ${said}`,
    hint: /No space left on device/.test(said)
      ? "Free some disk space, then try again."
      : `Try it by hand as user ${place.user.uid}: ${initdb} --version`,
    facts: { data, programs },
  });
}
