import { randomUUID } from "node:crypto";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { expect, test } from "vitest";
import { openDbosEngine } from "../../../src/adapters/engine/dbos-engine.ts";
import { openDatabase } from "../../../src/adapters/postgres/database.ts";
import { joinHosts } from "../../../src/adapters/postgres/host.ts";
import { openWorkQueue } from "../../../src/adapters/postgres/work-queue.ts";
import { ROLES } from "../../../src/domain/assignment.ts";
import type { Engine } from "../../../src/ports/steps.ts";
import { engineContract, type EngineOptions } from "../../contract/engine.contract.ts";
import { gate } from "../../support/gate.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();

// The same promises where every piece of work goes through the queue of several hosts, of which this is one.
const open = async ({ place, version = "1", stories, stopWithinMs = 5000 }: EngineOptions): Promise<Engine> => {
  const database = await openDatabase(postgres.url);
  const id = randomUUID();
  const able = { roles: ROLES, skills: null, capacity: 8 };
  const host = await joinHosts(database, { repo: place, id, name: "here", ...able });
  const engine = await openDbosEngine({
    url: postgres.url,
    schema: place,
    version,
    stories,
    stopWithinMs,
    executorId: id,
    fleet: {
      queue: openWorkQueue(database, { repo: place, host: host.id, config: "c", version }),
      inbox: `clone_${id}`,
      works: true,
      hold: async () => ({ kind: "held", [Symbol.asyncDispose]: async () => undefined }),
      warn: () => undefined,
      againSeconds: 0,
      ...able,
    },
  });
  await engine.begin(async () => undefined);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= leave();
    return stopping;
  };
  const leave = async (): Promise<void> => {
    await using _database = database;
    await using _host = host;
    await engine.stop();
  };
  return { ...engine, stop, [Symbol.asyncDispose]: stop };
};

engineContract("shared", open, { isShared: true });

test("a late word of a host that was cut off takes no work away from who has it", async () => {
  const begun: string[] = [];
  const first = gate();
  await using engine = await open({
    place: "late_word",
    stories: {
      async wait(steps) {
        await steps.run("before", async () => void begun.push("before"));
        return await steps.run("wait", async (signal) => {
          begun.push("wait");
          if (begun.length > 2) return "walked here";
          first.open();
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          });
          return "";
        });
      },
    },
  });
  const running = engine.run("w/1", "wait", null);
  await first.opened;
  // As that host said it, before the way to the database was cut.
  await DBOS.resumeWorkflows(["w/1"], { queueName: "clone_other" });
  expect(await running).toBe("walked here");
  expect(begun).toEqual(["before", "wait", "wait"]);
});
