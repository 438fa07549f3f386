import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSecrets } from "../../../src/adapters/secrets/open-secrets.ts";
import type { SecretSources } from "../../../src/adapters/secrets/known.ts";
import { AWS_LOOKALIKE as AWS, GITHUB_LOOKALIKE as GITHUB, NPM_LOOKALIKE as NPM } from "../../support/lookalikes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const VALUE = "c4nary+/of/the=deploy";
const open = (sources: Partial<SecretSources> = {}) =>
  openSecrets({ env: { DEPLOY_TOKEN: VALUE }, names: [], passed: [], root: "/nowhere", urls: [], ...sources });

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a known value", () => {
  it.each([
    ["as it is", VALUE],
    ["in base64", base64(VALUE)],
    ["in base64 behind a user's name", base64(`user:${VALUE}:x`)],
    ["in base64 behind another name", base64(`me:${VALUE}`)],
    ["in base64 for addresses", Buffer.from(VALUE).toString("base64url")],
    ["in hex", Buffer.from(VALUE).toString("hex")],
    ["in capital hex", Buffer.from(VALUE).toString("hex").toUpperCase()],
    ["in an address", encodeURIComponent(VALUE)],
    ["in an address, small", encodeURIComponent(VALUE).toLowerCase()],
  ])("is masked and found %s", async (_, form) => {
    const secrets = open();
    expect(secrets.mask(`before ${form} behind`)).toMatch(/^before \S*\*\*\*\S* behind$/);
    expect(secrets.nameIn(`x${form}x`)).toBe("DEPLOY_TOKEN");
    const found = await secrets.find([{ place: "a.txt", text: `one\n${form}\n`, lines: [7, 9] }]);
    expect(found).toContainEqual({ place: "a.txt", line: 9, rule: "the value of DEPLOY_TOKEN" });
    expect(JSON.stringify(found)).not.toContain(form);
  });

  it("is found in lines of 76 letters, and cut in two", async () => {
    const long = "s3cret-".repeat(20);
    const wrapped = base64(long).replace(/(.{76})/g, "$1\n");
    const secrets = open({ env: { DEPLOY_TOKEN: long } });
    for (const text of [wrapped, `${long.slice(0, 9)}\n  ${long.slice(9)}`])
      expect(await secrets.find([{ place: "x", text }])).toEqual([
        { place: "x", line: null, rule: "the value of DEPLOY_TOKEN" },
      ]);
  });

  it("of several lines is known by each of them", () => {
    const key = "-----BEGIN KEY-----\nabcdefghijklmnopqrstuvwx1\nabcdefghijklmnopqrstuvwx2\n-----END KEY-----\n";
    expect(open({ env: { SIGNING_KEY: key } }).mask(`  abcdefghijklmnopqrstuvwx2\n`)).toBe("  ***\n");
  });

  it("is one of a variable whose name says so, of a password in an address, or one that the configuration names", () => {
    const env = {
      STRIPE: "sk-live-0123",
      HIDDEN: "named-0123",
      DATABASE_URL: "postgres://me:p%40ssw0rd1@db/x",
      PWD: "/the/working/folder1",
      PATH: "/usr/local/bin:/usr/bin",
      my_api_key: "camel-0123",
      STRIPE_KEY: "rk-live-0123",
    };
    const { mask } = open({ env, names: ["HIDDEN"], urls: ["https://0123456789abcdef01@host/x.git"] });
    const text =
      "sk-live-0123 named-0123 p%40ssw0rd1 p@ssw0rd1 0123456789abcdef01 camel-0123 rk-live-0123 /the/working/folder1 /usr/bin";
    expect(mask(text)).toBe("sk-live-0123 *** *** *** *** *** *** /the/working/folder1 /usr/bin");
  });

  it("is what the configuration passes on, if it looks like a key", () => {
    const env = {
      MODEL: "m0del-key-0123",
      TZ: "Europe/Berlin",
      OPTS: "--max-old-space-size=4096",
      OTHER: "0ther-key-0123",
    };
    const { mask } = open({ env, passed: ["MODEL", "TZ", "OPTS"] });
    const text = "Europe/Berlin --max-old-space-size=4096 0ther-key-0123";
    expect(mask(`m0del-key-0123 ${text}`)).toBe(`*** ${text}`);
  });

  it("lies in the files where tools keep their keys, and in .env", async () => {
    const root = temporaryFolder("secrets");
    const files = {
      ".npmrc": "//registry.npmjs.org/:_authToken=npm-canary-1\nx:_authToken=${NPM_TOKEN}\n",
      ".netrc": "machine a login me password netrc-canary-1\n",
      ".git-credentials": "https://me:git-canary-1@host\n",
      ".config/gh/hosts.yml": "github.com:\n    oauth_token: gh-canary-1\n",
      ".aws/credentials": "aws_secret_access_key = aws-canary-1\n",
      ".ssh/id_ed25519":
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE1\n-----END OPENSSH PRIVATE KEY-----\n",
      ".env": 'export API_KEY="env-canary-1"\nNAME=not-canary-1\n',
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    const { mask } = open({ env: { HOME: root }, root });
    const words = "npm-canary-1 netrc-canary-1 git-canary-1 gh-canary-1 aws-canary-1 env-canary-1 b3BlbnNzaC1rZXktdjE1";
    expect(mask(`${words} not-canary-1 \${NPM_TOKEN}`)).toBe("*** *** *** *** *** *** *** not-canary-1 ${NPM_TOKEN}");
  });

  it("is not a word, a number or a path that honest texts hold", () => {
    const env = {
      A_PASSWORD: "postgres",
      B_TOKEN: "1234567",
      C_SECRET: "12345678",
      D_CREDENTIALS: "/etc/passwd",
      E_KEY: "",
      F_TOKEN_URL: "https://login.example/token",
      G_AUTH_METHOD: "token-exchange",
    };
    const text = "postgres 1234567 12345678 /etc/passwd https://login.example/token token-exchange";
    expect(open({ env }).mask(text)).toBe(text);
  });
});

describe("what has the form of a secret", () => {
  it.each([
    ["a token", `x\ntoken: ${GITHUB}\n`, "GITHUB_TOKEN"],
    ["a token in a file that asks not to be looked at", `// secretlint-disable\n${GITHUB}\n`, "GITHUB_TOKEN"],
    ["a key id", `x\n"${AWS}"`, "AWSAccessKeyID"],
    ["a registry token, in any file", `x\n//registry.npmjs.org/:_authToken=${NPM}\n`, ""],
    ["a private key", `x\n${privateKey()}`, "PrivateKey"],
    ["a private key in JSON", `{\n"private_key": ${JSON.stringify(privateKey())}}`, "PrivateKey"],
    ["a database's address", "x\npostgres://me:hunter2pass@db.corp.io/x", "PostgreSQLConnection"],
  ])("is found: %s", async (_, text, rule) => {
    const found = await open().find([{ place: "a.txt", text, lines: [41, 42] }]);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ place: "a.txt", line: 42, rule: expect.stringContaining(rule) as string });
  });

  it("is not in ordinary code", async () => {
    const text = 'import { token } from "./token.ts";\nconst password = readPassword();\nconst sha = "3b6c3019e0f1";\n';
    expect(await open().find([{ place: "a.ts", text }])).toEqual([]);
  });
});

describe("bytes on their way to a log", () => {
  it("lose every known value, wherever they are cut", () => {
    const pieces = fc.array(fc.oneof(fc.constantFrom(VALUE, VALUE.slice(0, 5), base64(VALUE), "ä", "\n"), fc.string()));
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(40)), (parts, cuts) => {
        const secrets = open();
        const stream = secrets.maskStream();
        const out: Buffer[] = [];
        let rest = Buffer.from(parts.join(""));
        for (const cut of cuts) {
          out.push(stream.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        out.push(stream.push(rest), stream.end());
        expect(Buffer.concat(out).toString()).toBe(secrets.mask(parts.join("")));
      }),
    );
  });

  it("pass at once as they are when nothing in them could become one", () => {
    const stream = open().maskStream();
    const chunk = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
    expect(stream.push(chunk)).toBe(chunk);
    expect(stream.push(Buffer.from(`x${VALUE.slice(0, 4)}`)).toString()).toBe("x");
    expect(stream.end().toString()).toBe(VALUE.slice(0, 4));
  });
});

function privateKey(): string {
  const { privateKey: key } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return key;
}
