import { inwardImports } from "./rules/inward-imports.js";
import { noShell } from "./rules/no-shell.js";
import { noWallClock } from "./rules/no-wall-clock.js";
import { oneDoor } from "./rules/one-door.js";
import { staticLogMessage } from "./rules/static-log-message.js";

export default {
  meta: { name: "house" },
  rules: {
    "inward-imports": inwardImports,
    "no-shell": noShell,
    "no-wall-clock": noWallClock,
    "one-door": oneDoor,
    "static-log-message": staticLogMessage,
  },
};
