import { openDbosEngine } from "../../../src/adapters/engine/dbos-engine.ts";
import { engineContract } from "../../contract/engine.contract.ts";
import { useTestPostgres } from "../../support/postgres.ts";

const postgres = useTestPostgres();
let executors = 0;

engineContract("durable", ({ place, version = "1", stories, stopWithinMs = 5000 }) =>
  openDbosEngine({
    url: postgres.url,
    schema: place,
    version,
    stories,
    stopWithinMs,
    executorId: `${process.pid}-${(executors += 1)}`,
  }),
);
