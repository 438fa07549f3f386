import type { GitHub } from "./client.ts";
import { orNone } from "./errors.ts";

/** Who may give orders here. */
export interface People {
  /** May push: a collaborator, or a member with the right. Apps and strangers may not. */
  mayWrite(login: string): Promise<boolean>;
}

const FRESH_MS = 5 * 60_000;

export function openPeople({ rest, slug, clock }: GitHub): People {
  const known = new Map<string, { readonly until: number; readonly may: Promise<boolean> }>();
  const fetchMay = async (username: string): Promise<boolean> => {
    const found = await orNone(rest.repos.getCollaboratorPermissionLevel({ ...slug, username }));
    return found?.data.permission === "admin" || found?.data.permission === "write";
  };
  return {
    mayWrite(login) {
      const before = known.get(login);
      if (before !== undefined && before.until > clock.now()) return before.may;
      const may = fetchMay(login);
      known.set(login, { until: clock.now() + FRESH_MS, may });
      may.catch(() => known.delete(login));
      return may;
    },
  };
}
