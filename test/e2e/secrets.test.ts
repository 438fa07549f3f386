import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { TaskResult } from "../../src/dispatch/report.ts";
import { json, site, SLOW, useHeldHome } from "../support/e2e.ts";

const home = useHeldHome();

const CANARIES = ["c4nary-environment-1", "c4nary-home-2", "c4nary-file-3"] as const;
const [ENVIRONMENT, HOME, FILE] = CANARIES;

const BACKLOG = `
- [ ] Honest <!-- id: honest -->
- [ ] Writes a key into a file <!-- id: writes -->
- [ ] Writes it so that nobody sees it <!-- id: encodes -->
- [ ] Tells it <!-- id: tells -->
- [ ] Names a file after it <!-- id: names -->
`;

/** All of them say all that they know, before they do what they do. */
const CODER = `
for secret in ${CANARIES.join(" ")}; do
  echo "key: $secret"; printf %s "$secret" | base64; printf %s "user:$secret" | base64 >&2
  printf %s "$secret" | od -An -tx1 | tr -d ' \\n'; echo
done
printf 'cut c4nary-env'; sleep 0.1; printf 'ironment-1 in two'
case $id in
  honest) echo work > honest.txt; printf '{"summary":"all is well"}' > "$DISPATCH_RESULT" ;;
  writes) echo "key = ${ENVIRONMENT}" > key.txt ;;
  encodes) printf %s "login:${HOME}" | base64 > data.txt ;;
  tells) echo work > tells.txt; printf '{"summary":"the key is ${FILE}"}' > "$DISPATCH_RESULT" ;;
  names) echo work > "${FILE}.txt" ;;
esac
`;

/** As it is, in base64 at each of the three places where it can begin, and in hex. */
const TRACES = CANARIES.flatMap((value) => [
  value,
  Buffer.from(value).toString("hex"),
  ...["", "x", "xx"].map((before) => Buffer.from(`${before}${value}`).toString("base64").slice(4, -4)),
]);

const tracesIn = (text: string): readonly string[] => TRACES.filter((trace) => text.includes(trace));

it("canary secrets appear nowhere, whatever agents do with them, and honest work is published", SLOW, async () => {
  await using there = await site({
    home: home.path,
    backlog: BACKLOG,
    coder: CODER,
    files: { ".gitignore": ".env\n" },
    // The fence keeps some of this from happening; here it all happens.
    config: { attempts: 1, sandbox: "off" },
    origin: "bare",
  });
  const userHome = join(there.repo.temp, "user");
  await mkdir(userHome);
  await writeFile(join(userHome, ".npmrc"), `//registry.npmjs.org/:_authToken=${HOME}\n`);
  await writeFile(join(there.repo.dir, ".env"), `API_KEY=${FILE}\n`);
  const env = { HOME: userHome, DEPLOY_TOKEN: ENVIRONMENT };
  const ran = await there.dispatchWith({ env }, "--json", "run");

  const { tasks } = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "") as { readonly tasks: TaskResult[] };
  expect(Object.fromEntries(tasks.map(({ id, state, reason }) => [id, reason ?? state]))).toEqual({
    honest: "ready-for-human",
    writes: "secret: secrets would be published: key.txt:1 (the value of DEPLOY_TOKEN)",
    encodes: "secret: secrets would be published: data.txt:1 (the value of ~/.npmrc)",
    tells: "secret: its words hold the value of API_KEY of .env",
    names: "secret: secrets would be published: the name of a file (the value of API_KEY of .env)",
  });
  const published = await there.repo.gitIn(there.repo.origin ?? "", "for-each-ref", "--format=%(refname)");
  expect(published.split("\n").filter((ref) => ref.includes("dispatch/"))).toEqual(
    ["refs/heads/dispatch/honest--honest", "refs/dispatch/pr/1"].toSorted(),
  );

  // It went through the log, and left its trace there alone.
  const logs = await there.dispatchWith({ env }, "logs", "honest");
  expect(logs.stdout).toContain("key: ***");
  // What went to stderr comes by another pipe, and may come in between.
  expect(logs.stdout.replaceAll(/^(cut )?dXNlcjp.*\n/gm, "$1")).toContain("cut *** in two");

  const objects = await there.repo.gitIn(there.repo.origin ?? "", "cat-file", "--batch-all-objects", "--batch");
  const shown = await there.dispatchWith({ env }, "--json", "pr", "list");
  expect(json(shown)).toHaveLength(1);
  expect(tracesIn(`${ran.stdout}${ran.stderr}${objects}${shown.stdout}${logs.stdout}`)).toEqual([]);
  expect(await filesWithTraces(home.path)).toEqual([]);
});

it("a secret that a human allows by name is published as it is", SLOW, async () => {
  await using there = await site({
    home: home.path,
    backlog: "- [ ] Writes a key <!-- id: writes -->\n",
    coder: CODER,
    config: { sandbox: "off" },
  });
  const env = { DEPLOY_TOKEN: ENVIRONMENT };
  await there.dispatchWith({ env }, "run");
  const refused = await there.dispatchWith({ env }, "approve", "writes", "--allow", "policy");
  expect(refused.code).not.toBe(0);
  const allowed = await there.dispatchWith({ env }, "approve", "writes", "--allow", "secret");
  expect(allowed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^#1 writes approved at /) as unknown });
  expect(await there.repo.git("show", "dispatch/writes--writes-a-key:key.txt")).toBe(`key = ${ENVIRONMENT}`);
});

/** Logs, state and the database's own files. */
async function filesWithTraces(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // Files of the server come and go.
    const text = await readFile(path, "latin1").catch(() => "");
    if (tracesIn(text).length > 0) found.push(`${path}: ${tracesIn(text).join(", ")}`);
  }
  return found;
}
