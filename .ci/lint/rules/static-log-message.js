const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];

export const staticLogMessage = {
  meta: {
    type: "problem",
    docs: { description: 'a log line is fixed text plus data: `log.warn({ task }, "agent stalled")`' },
  },
  create(context) {
    return {
      CallExpression(node) {
        if (!isLogCall(node.callee)) return;
        const message = node.arguments.find((argument) => argument.type !== "ObjectExpression" && isText(argument));
        if (message !== undefined && message.type !== "Literal") {
          context.report({
            node: message,
            message: "a log message is fixed text; what varies goes into the data before it",
          });
        }
      },
    };
  },
};

function isLogCall(callee) {
  if (callee.type !== "MemberExpression" || !LEVELS.includes(callee.property.name)) return false;
  const owner = callee.object.name ?? callee.object.property?.name ?? "";
  return /^(.*L|l)og(ger)?$/.test(owner);
}

/** Text that is put together at run time, or fixed. */
function isText(node) {
  if (node.type === "TemplateLiteral") return node.expressions.length > 0;
  if (node.type === "BinaryExpression") return node.operator === "+";
  return node.type === "Literal" && typeof node.value === "string";
}
