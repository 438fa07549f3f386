import { sql } from "kysely";
import type { HostInfo, Hosts } from "../../ports/work-queue.ts";
import type { Database } from "./database.ts";
import { living } from "./host.ts";
import { SCHEMA } from "./migrations.ts";

const HOST = sql.table(`${SCHEMA}.host`);
const WORK = sql.table(`${SCHEMA}.work`);

export async function readHosts({ tables }: Database, repo: string): Promise<Hosts> {
  const { rows } = await sql<HostInfo>`
    select h.name, h.roles, h.skills, h.capacity as agents, (select count(*)::integer from ${WORK} w
      where w.repo = h.repo and w.host = h.id and w.role is not null and w.outcome is null) as busy
    from ${HOST} h where h.repo = ${repo} and h.capacity > 0 and h.id in ${living(repo)}
    order by h.name, h.id`.execute(tables);
  const waiting = await sql<Hosts["unserved"][number]>`
    select distinct w.role, w.skills from ${WORK} w where w.repo = ${repo} and w.outcome is null
      and (w.host is null or w.host not in ${living(repo)}) and not exists (
        select from ${HOST} h where h.repo = w.repo and h.capacity > 0 and h.id in ${living(repo)}
          and (w.role is null or w.role = any(h.roles)) and (h.skills is null or w.skills <@ h.skills))
    order by w.role, w.skills`.execute(tables);
  return { living: rows, unserved: waiting.rows };
}
