/**
 * The file of a rule's context as this repository names it: `src/domain/task.ts`.
 * @param {import("@oxlint/plugins").Context} context
 */
export function fileOf(context) {
  return relativeTo(context.cwd, context.filename);
}

/** Visits the source of every import there is: static, type, re-export, dynamic and `import("…")` in a type. */
export function visitImports(visit) {
  const check = (node) => {
    const source = node.source ?? node.argument?.literal ?? node.argument;
    if (typeof source?.value === "string") visit(source, source.value, node);
  };
  return {
    ImportDeclaration: check,
    ExportNamedDeclaration: check,
    ExportAllDeclaration: check,
    ImportExpression: check,
    TSImportType: check,
  };
}

/** `../domain/task.ts` as seen from `src/dispatch/plan.ts` is `src/domain/task.ts`; null for a package. */
export function resolveRelative(from, specifier) {
  if (!specifier.startsWith(".")) return null;
  return normalise([...from.split("/").slice(0, -1), ...specifier.split("/")]);
}

/** `@scope/name/deep` is `@scope/name`; `node:fs/promises` is `node:fs`. */
export function packageOf(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The folder below src, or the file itself: `domain`, `main.ts`; null outside src. */
export function roomOf(file) {
  const [top, room] = file.split("/");
  return top === "src" && room !== undefined ? room : null;
}

function relativeTo(cwd, filename) {
  const file = filename.replaceAll("\\", "/");
  const root = `${cwd.replaceAll("\\", "/").replace(/\/$/, "")}/`;
  return file.startsWith(root) ? file.slice(root.length) : file;
}

function normalise(parts) {
  const out = [];
  for (const part of parts) {
    if (part === "." || part === "") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return out.join("/");
}
