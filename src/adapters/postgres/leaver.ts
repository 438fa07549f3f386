/** The program of leave-at-exit.ts: comes and goes, and so stops a server that nobody else holds. */
import { join } from "./lease.ts";
import { Place } from "./schema.ts";

const lease = await join(Place.parse(JSON.parse(process.argv[2] ?? "")), "leaver");
await lease?.[Symbol.asyncDispose]();
