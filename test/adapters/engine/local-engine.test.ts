import { openLocalEngine } from "../../../src/adapters/engine/local-engine.ts";
import { engineContract } from "../../contract/engine.contract.ts";

engineContract("local", async ({ version = "1", stories, stopWithinMs = 5000 }) =>
  openLocalEngine({ version, stories, stopWithinMs }),
);
