import { fileOf, resolveRelative, roomOf, visitImports } from "../imports.js";

/** What each room of src may import besides itself. A room that is not listed may import nothing: add it here, on purpose. */
const ARROWS = {
  domain: [],
  ports: ["domain"],
  dispatch: ["ports", "domain"],
  fleet: ["ports", "domain"],
  config: ["domain"],
  docs: [],
  adapters: ["ports", "domain", "config"],
  cli: ["dispatch", "fleet", "ports", "domain", "config", "docs"],
  web: ["dispatch", "fleet", "ports", "domain", "config"],
  mcp: ["dispatch", "fleet", "ports", "domain", "config"],
  action: ["cli", "dispatch", "fleet", "ports", "domain", "config"],
  "main.ts": ["cli", "domain"],
  "index.ts": ["cli", "dispatch", "ports", "domain", "config"],
};

/**
 * Rooms that know no package and no node module: pure rules and promises, and the story, whose every side effect goes
 * through a port and so through the seam (src/dispatch/effects.ts).
 */
const PURE = ["domain", "ports", "dispatch"];

/** Where adapters are put together. */
const COMPOSITION = /^src\/cli\/compose(-[a-z-]+)?\.ts$/;

/** Adapters that every other adapter may use. */
const SHARED_DOORS = ["process", "git"];

export const inwardImports = {
  meta: { type: "problem", docs: { description: "imports point inward, type imports included" } },
  create(context) {
    const file = fileOf(context);
    const room = roomOf(file);
    if (room === null) return {};
    return visitImports((source, specifier) => {
      const why = refuse(file, room, specifier);
      if (why !== null) context.report({ node: source, message: why });
    });
  },
};

function refuse(file, room, specifier) {
  const target = resolveRelative(file, specifier);
  if (target === null) return PURE.includes(room) ? `${room} imports neither packages nor node: modules` : null;
  const targetRoom = roomOf(target);
  if (targetRoom === null) return target === "package.json" ? null : `src imports nothing outside src: ${target}`;
  if (targetRoom === "adapters") return refuseAdapter(file, room, target);
  if (targetRoom === room) return null;
  return (ARROWS[room] ?? []).includes(targetRoom)
    ? null
    : `${room} does not import ${targetRoom}: arrows point inward`;
}

function refuseAdapter(file, room, target) {
  if (room === "adapters") {
    const [own, other] = [adapterOf(file), adapterOf(target)];
    if (own === other || SHARED_DOORS.includes(other)) return null;
    return `adapters/${own} does not import adapters/${other}: adapters meet in their ports`;
  }
  return COMPOSITION.test(file) ? null : "only src/cli/compose*.ts knows adapters";
}

function adapterOf(file) {
  return file.split("/")[2];
}
