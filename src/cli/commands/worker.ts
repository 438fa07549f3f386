import { setTimeout as sleep } from "node:timers/promises";
import { watchCancellations } from "../../dispatch/cancellations.ts";
import { findTrouble } from "../../dispatch/around.ts";
import { begin } from "../../dispatch/heal.ts";
import { hasErrorCode } from "../../domain/errors.ts";
import type { Narrator } from "../../ports/narrator.ts";
import type { Role } from "../../domain/assignment.ts";
import type { SharedConfig } from "../../config/share.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { runNarrator } from "../output/run-narrator.ts";
import { Jobs, RoleList, SkillList } from "../schemas.ts";
import { valueOf } from "../value-of.ts";

const LOOK_EVERY_MS = 1000;
const PASSING = ["database_unusable", "engine_unavailable"];

interface Able {
  readonly roles?: readonly Role[];
  readonly skills: readonly string[] | null;
  readonly jobs?: number;
}

export const worker: DefineCommand = (command, context) => {
  command
    .option("--roles <list>", "only agents with these roles: coder,tester,reviewer", valueOf(RoleList))
    .option("--skills <list>", "only tasks that need no other skills: python,sql", valueOf(SkillList))
    .option("-j, --jobs <n>", "agents at once on this host", valueOf(Jobs))
    .action(async ({ roles, skills, jobs }) => {
      const able = { ...(roles === undefined ? {} : { roles }), ...(jobs === undefined ? {} : { jobs }) };
      using narrator = runNarrator(context);
      const { openRunConfigs } = await import("../compose-fleet.ts");
      await using configs = await openRunConfigs(context);
      context.say(`this host takes ${roles?.join(", ") ?? "every role"} until it is stopped`);
      for (let config = await configs.read(); ; config = await configs.read().catch(() => null)) {
        const { signal } = context;
        // Nobody has run here yet, or the database is away for a while.
        if (config === null) await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
        else await workFor(context, config, { ...able, skills: skills ?? null }, narrator, configs.read);
        signal.throwIfAborted();
      }
    });
};

/** Until the run's configuration is another one, or this host was given up by the others: then it joins anew. */
async function workFor(
  context: CliContext,
  config: SharedConfig,
  { jobs, roles, skills }: Able,
  narrator: Narrator,
  read: () => Promise<SharedConfig | null>,
): Promise<void> {
  const { openDesk } = await import("../compose.ts");
  const host = { works: true, config, skills, ...(roles === undefined ? {} : { roles }) };
  try {
    await using desk = await openDesk(context, { narrator, host, ...(jobs === undefined ? {} : { jobs }) });
    await using _given = { [Symbol.asyncDispose]: () => desk.ports.claims.flush() };
    await using engine = await desk.startEngine();
    const ports = { ...desk.ports, engine };
    for (const note of desk.notes) context.warn(note);
    // At once: leaving waits for a database that is cut off.
    const { signal } = desk;
    const tell = (): void => context.warn(`${sentence(signal.reason)} Its agents are stopped.`);
    signal.addEventListener("abort", () => (context.signal.aborted ? undefined : tell()), { once: true });
    await begin(ports, desk.settings.run);
    let walking: readonly string[] = [];
    await using _watch = watchCancellations(ports, () => walking);
    while (await ports.clock.wait(LOOK_EVERY_MS, desk.signal)) {
      // `<repository>/<task>/<episode>`; a database that is away for a moment is asked again.
      const unfinished = await engine.unfinished().catch(() => []);
      walking = unfinished.map(({ id }) => id.split("/").at(-2) ?? "");
      const wanted = await read().catch(() => config);
      if (wanted !== null && wanted.hash !== config.hash) return;
    }
    throw desk.signal.reason;
  } catch (error) {
    if (context.signal.aborted || !isPassing(error)) throw error;
    context.warn(`${sentence(error)} Joining again.`);
    await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

const sentence = (error: unknown): string => (findTrouble(error) ?? (error as Error)).message.replace(/\.?$/, ".");

/** The database was away for too long, or is. */
function isPassing(error: unknown): error is Error {
  return error instanceof Error && (findTrouble(error) !== null || PASSING.some((code) => hasErrorCode(error, code)));
}
