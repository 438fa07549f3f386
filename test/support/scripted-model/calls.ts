import type { Step } from "./directive.ts";
import type { Asked, Call, Schema, Tool } from "./protocol.ts";

/** As the CLIs call what runs a command, and what writes a file. */
const SHELL = /^(?:bash|shell|shell_command|exec_command|run_shell_command|execute|terminal)$/i;
const WRITES = /^(?:write|write_file|create|create_file)$/i;

/** The call that a step is among the tools offered; null where none of them will do. */
export function callOf(step: Step, asked: Asked, cwd: string | null): Call | null {
  if ("tool" in step) return { name: step.tool[0], args: step.tool[1] };
  if ("sh" in step) return shellCall(step.sh, asked.tools);
  return "write" in step ? writeCall(step.write, asked.tools, cwd) : null;
}

function shellCall(command: string, tools: readonly Tool[]): Call | null {
  const tool = tools.find(({ name }) => SHELL.test(name));
  if (tool === undefined) return null;
  const argument = (name: string, { type }: Schema): unknown => {
    if (/^(?:command|cmd|script)$/.test(name)) return type === "array" ? ["sh", "-c", command] : command;
    // Longer than any step: one that goes on by itself is not what was asked for.
    if (name === "yield_time_ms") return 30_000;
    return undefined;
  };
  return { name: tool.name, args: filled(tool.schema, argument) };
}

function writeCall(
  [path, content]: readonly [string, string],
  tools: readonly Tool[],
  cwd: string | null,
): Call | null {
  const tool = tools.find(({ name }) => WRITES.test(name));
  if (tool !== undefined && cwd !== null) {
    const argument = (name: string): unknown => {
      if (/^(?:file_?path|path|absolute_path)$/i.test(name)) return `${cwd}/${path}`;
      return /^(?:content|file_text|text)$/.test(name) ? content : undefined;
    };
    return { name: tool.name, args: filled(tool.schema, argument) };
  }
  const patch = tools.find(({ name, isFreeform }) => name === "apply_patch" && isFreeform === true);
  if (patch !== undefined) {
    const lines = content.replace(/\n$/, "").split("\n");
    const added = lines.map((line) => `+${line}\n`).join("");
    return { name: patch.name, args: `*** Begin Patch\n*** Add File: ${path}\n${added}*** End Patch` };
  }
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return shellCall(`printf %s ${quoted(content)} > ${quoted(path)}`, tools);
}

/** What is known, and what the schema insists on. */
function filled(schema: Schema, known: (name: string, schema: Schema) => unknown): Readonly<Record<string, unknown>> {
  const entries = Object.entries(schema.properties ?? {}).map(([name, one]): readonly [string, unknown] => {
    const value = known(name, one);
    return [name, value === undefined && schema.required?.includes(name) === true ? instanceOf(one) : value];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The smallest value that fits. */
export function instanceOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return instanceOf(schema.anyOf[0] ?? {});
  const { type = schema.properties === undefined ? "string" : "object" } = schema;
  switch ((typeof type === "string" ? type : (type[0] ?? "")).toLowerCase()) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => schema.required?.includes(name) ?? false)
          .map(([name, one]) => [name, instanceOf(one)]),
      );
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => instanceOf(schema.items ?? {}));
    case "boolean":
      return false;
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "null":
      return null;
    default:
      return "scripted";
  }
}
