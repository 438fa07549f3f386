import { readFile } from "node:fs/promises";
import type { CliWorld } from "../cli/context.ts";
import type { Environment } from "../cli/terminal.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import { Event, Inputs } from "./schema.ts";

export type ActionWorld = Omit<CliWorld, "argv" | "cwd">;

/** What the runner passes on of `with:`, by the names of action.yml. */
export function readInputs(env: Environment): Inputs {
  const given = Object.keys(Inputs.shape).map((name) => [name, env[`INPUT_${name.toUpperCase()}`]] as const);
  const parsed = Inputs.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new DispatchError({
    code: "input_invalid",
    message: `inputs of the action: ${problems.join("; ")}`,
    hint: "mend them below with: in the workflow; dispatch help github tells what there is",
    exit: EXIT.usage,
  });
}

export async function readEvent(env: Environment): Promise<{ readonly name: string; readonly event: Event }> {
  const file = env["GITHUB_EVENT_PATH"] ?? "";
  const text = file === "" ? "{}" : await readFile(file, "utf8");
  return { name: env["GITHUB_EVENT_NAME"] ?? "", event: Event.parse(JSON.parse(text)) };
}

/** As the command line reads it: no input of the action but the token, a home that ends with the job. */
export function environmentFor({ env }: Pick<ActionWorld, "env">, inputs: Inputs, home: string): Environment {
  const token = inputs["github-token"] ?? env["GITHUB_TOKEN"];
  const rounds = inputs["max-rounds"];
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("INPUT_"))),
    ...(token === undefined ? {} : { GITHUB_TOKEN: token }),
    ...(rounds === undefined ? {} : { DISPATCH_REVIEW__ROUNDS: String(rounds) }),
    DISPATCH_HOME: home,
    DISPATCH_FORGE: "github",
  };
}
