import { fileOf, roomOf } from "../imports.js";

const TIMELESS = ["domain", "dispatch", "fleet"];
const FORBIDDEN = { Date: ["now"], Math: ["random"], performance: ["now"], process: ["hrtime"] };

export const noWallClock = {
  meta: { type: "problem", docs: { description: "the time and the dice arrive as arguments (ports/clock.ts)" } },
  create(context) {
    if (!TIMELESS.includes(roomOf(fileOf(context)))) return {};
    const report = (node, what) =>
      context.report({ node, message: `${what}: the time and the dice arrive as arguments` });
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (node.object.type === "Identifier" && FORBIDDEN[node.object.name]?.includes(name)) {
          report(node, `${node.object.name}.${name}`);
        }
      },
      NewExpression(node) {
        if (isDate(node.callee) && node.arguments.length === 0) report(node, "new Date()");
      },
      CallExpression(node) {
        if (isDate(node.callee)) report(node, "Date()");
      },
    };
  },
};

function isDate(node) {
  return node.type === "Identifier" && node.name === "Date";
}
