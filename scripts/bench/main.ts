/** `npm run bench -- spawn | task | fence | check | sixty-four | restart | makespan | forecast [--json] [--anyway] [--big]` */
import { parseArgs } from "node:util";
import { benchCheck } from "./check.ts";
import { benchFence } from "./fence.ts";
import { benchForecast } from "./forecast.ts";
import { benchMakespan } from "./makespan.ts";
import { judgeLoad, readLoad } from "./measure.ts";
import { printJson, printText, type Section } from "./report.ts";
import { benchRestart } from "./restart.ts";
import { benchSixtyFour } from "./sixty-four.ts";
import { benchSpawn } from "./spawn.ts";
import { benchTask } from "./task.ts";

interface Options {
  readonly big: boolean;
}

const BENCHES: Readonly<Record<string, (options: Options) => Promise<readonly Section[]>>> = {
  spawn: benchSpawn,
  task: benchTask,
  check: benchCheck,
  fence: benchFence,
  "sixty-four": benchSixtyFour,
  restart: benchRestart,
  makespan: benchMakespan,
  forecast: benchForecast,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    anyway: { type: "boolean", default: false },
    big: { type: "boolean", default: false },
  },
});
const [name = ""] = positionals;
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`which one? ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  const before = readLoad();
  const sections = await bench(values);
  const report = { bench: name, load: judgeLoad(before), sections };
  if (values.json) printJson(report, values.anyway);
  else printText(report, values.anyway);
}
