import { packageOf, visitImports } from "../imports.js";

const STRING_COMMANDS = ["exec", "execSync"];

export const noShell = {
  meta: {
    type: "problem",
    docs: { description: "programs are started with a list of arguments, never through a shell option" },
  },
  create(context) {
    return {
      ...visitImports((source, specifier, node) => {
        if (packageOf(specifier).replace(/^node:/, "") !== "child_process") return;
        for (const named of node.specifiers ?? []) {
          const name = named.imported?.name;
          if (STRING_COMMANDS.includes(name)) {
            context.report({
              node: source,
              message: `${name} takes a shell's string: use spawn or execFile with a list`,
            });
          }
        }
      }),
      Property(node) {
        const name = node.key.name ?? node.key.value;
        const harmless = node.value.type === "Literal" && node.value.value === false;
        if (name === "shell" && isOption(node) && !harmless) {
          context.report({ node, message: "no shell option: pass file and arguments" });
        }
      },
    };
  },
};

/** An object that is built, not one that is taken apart. */
function isOption(node) {
  return node.parent?.type === "ObjectExpression";
}
