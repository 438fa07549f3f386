import type { LoadedConfig } from "../../config/load.ts";
import type { DefineCommand } from "../command.ts";
import { jsonText } from "../output/json-text.ts";
import { table } from "../output/table.ts";
import { readConfig } from "../read-config.ts";

export const config: DefineCommand = (command, context) => {
  command
    .command("print")
    .description("the configuration as it holds here, defaults included")
    .option("--sources", "where each value comes from")
    .action(async ({ sources }) => {
      const loaded = await readConfig(context);
      if (context.json) return context.answerJson(await printJson(loaded, sources === true));
      if (sources === true) for (const line of table(await sourceRows(loaded))) context.answer(line);
      else context.answer(jsonText(loaded.config, 2));
    });
  command
    .command("validate")
    .description("whether a run could start with it")
    .action(async () => {
      const loaded = await readConfig(context);
      const { requireRunnable } = await import("../../config/runnable.ts");
      requireRunnable(loaded);
      if (context.json) return context.answerJson({ v: 1, valid: true, file: loaded.file });
      const { agents, pipeline } = loaded.config;
      context.answer(`${loaded.file ?? "the configuration"} is valid`);
      context.say(`  agents    ${Object.keys(agents).join(", ")}`);
      context.say(`  pipeline  ${pipeline.join(` ${context.err.marks.arrow} `)}`);
    });
  command
    .command("schema")
    .description("its JSON Schema, for editors")
    .action(async () => {
      const { configSchema } = await import("../../config/schema.ts");
      context.answer(jsonText(configSchema(), 2));
    });
};

async function sourceRows(loaded: LoadedConfig): Promise<readonly (readonly string[])[]> {
  const { entriesOf } = await import("../../config/load.ts");
  return entriesOf(loaded).map(({ path, value }) => [path.join("."), JSON.stringify(value), loaded.sourceOf(path)]);
}

async function printJson(loaded: LoadedConfig, withSources: boolean): Promise<object> {
  const { file, config: values } = loaded;
  if (!withSources) return { v: 1, file, config: values };
  const sources = Object.fromEntries((await sourceRows(loaded)).map(([key = "", , from = ""]) => [key, from]));
  return { v: 1, file, config: values, sources };
}
