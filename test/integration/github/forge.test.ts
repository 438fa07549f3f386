import { describeForge } from "../../contract/forge.contract.ts";
import { gitHubWorld } from "../../support/github-world.ts";

describeForge("GitHub, a person's token", () => gitHubWorld());
