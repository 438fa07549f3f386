import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** No test may read or write the developer's own git configuration, home or dispatch state. */
const home = mkdtempSync(join(tmpdir(), "dispatch-home-"));
// As root PostgreSQL runs as somebody else, who has to get to its data.
chmodSync(home, 0o711);
Object.assign(process.env, {
  HOME: home,
  XDG_CONFIG_HOME: join(home, ".config"),
  XDG_STATE_HOME: join(home, ".state"),
  DISPATCH_HOME: join(home, "dispatch"),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_ALLOW_PROTOCOL: "file",
  LC_ALL: "C",
});
