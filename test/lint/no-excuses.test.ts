import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Put together here, so that this file does not accuse itself. */
const EXCUSES = ["oxlint", "eslint"].map((tool) => `${tool}-disable`);
EXCUSES.push(...["ignore", "expect-error", "nocheck"].map((word) => `@ts-${word}`));
EXCUSES.push(["prettier", "ignore"].join("-"), ...["v8", "c8", "istanbul"].map((tool) => `${tool} ignore`));

/** The linter honours such comments before our rules see the file, so they are looked for as text. */
it("has no comment that excuses code from the gate", () => {
  const excused = ["src", "test", "scripts", ".ci"].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|js|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.endsWith("house-rules.test.ts"))
      .flatMap((file) => {
        const text = readFileSync(file, "utf8");
        return EXCUSES.filter((excuse) => text.includes(excuse)).map((excuse) => `${file}: ${excuse}`);
      }),
  );
  expect(excused).toEqual([]);
});
