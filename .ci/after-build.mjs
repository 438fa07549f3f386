/** What `tsc` does not copy: help topics, the JSON Schema of the configuration, the bit that makes the bin run. */
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { configSchema } = await import("../dist/config/schema.js");

cpSync(join(root, "src/docs/help"), join(root, "dist/docs/help"), { recursive: true });
chmodSync(join(root, "dist/main.js"), 0o755);
writeFileSync(join(root, "dist/schema.json"), `${JSON.stringify(configSchema(), null, 2)}\n`);
