/** `npm run release -- v1.2.3`: see release.ts. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { release } from "./release.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
const tag = process.argv[2] ?? `v${version}`;
const check = join(root, ".ci/check-bundle.mjs");
const build = (): void => void execFileSync(process.execPath, [check], { cwd: root, stdio: "inherit" });
const commit = release({ root, tag, version, build, built: ["dist/action"] });
console.log(`${tag} is ${commit}`);
console.log(`next  git push origin ${tag} && git push --force origin ${tag.replace(/\..*/, "")}`);
