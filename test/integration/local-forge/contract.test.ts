import { describeForge } from "../../contract/forge.contract.ts";
import { localWorld } from "../../support/local-world.ts";

describeForge("local, bare origin", () => localWorld());
describeForge("local, no origin", () => localWorld({ origin: null }));
