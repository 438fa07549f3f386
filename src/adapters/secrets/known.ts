import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MIN_LENGTH } from "./forms.ts";

export interface KnownSecret {
  /** Where its value comes from: `DEPLOY_TOKEN`, `~/.netrc`. */
  readonly name: string;
  readonly value: string;
}

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of variables that the configuration calls a key, and of those that it only passes on: a key, if they look like one. */
  readonly names: readonly string[];
  readonly passed: readonly string[];
  /** Of the repository: its `.env` files are read. */
  readonly root: string;
  /** Remotes may carry a password. */
  readonly urls: readonly string[];
}

const SECRET_NAME =
  /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|API_?KEY|(?:ACCESS|PRIVATE|SIGNING|ENCRYPTION|AUTH|MASTER|ACCOUNT)_?KEY|(?:^|_)(?:PASS|PAT|PWD|AUTH|COOKIE|KEY)$/i;

/** Where common tools keep their keys below HOME. */
const HOME_FILES = [
  ".npmrc",
  ".netrc",
  ".git-credentials",
  ".pypirc",
  ".aws/credentials",
  ".config/gh/hosts.yml",
  ".docker/config.json",
  ".cargo/credentials.toml",
];
const SSH_KEYS = [".ssh/id_ed25519", ".ssh/id_rsa", ".ssh/id_ecdsa"];
const LIKE_A_KEY = /^(?!-)(?=.*\d)(?=.*[A-Za-z])\S{12,}$/;
const ENTRY =
  /(?:_authToken|_auth|password|oauth_token|aws_secret_access_key|aws_session_token|"auth"|token)\s*[:=\s]\s*"?([^\s"]+)/gi;
const DOTENV = [".env", ".env.local"];
const MAX_BYTES = 1024 * 1024;

/** Everything secret that we know by value. A new one is known from the next command on. */
export function readKnown({ env, names, passed, root, urls }: SecretSources): readonly KnownSecret[] {
  const named = (name: string): boolean => SECRET_NAME.test(name) || names.includes(name);
  const variables = Object.entries(env).flatMap(([name, value = ""]) => [
    ...(named(name) && name !== "PWD" ? [{ name, value }] : []),
    ...(passed.includes(name) && LIKE_A_KEY.test(value) ? [{ name, value }] : []),
    ...fromUrls(name, value),
  ]);
  const home = env["HOME"] ?? "";
  const inHome = (file: string) => ({ name: `~/${file}`, value: home === "" ? "" : readText(join(home, file)) });
  const files = [...HOME_FILES.map(inHome).flatMap(fromFile), ...SSH_KEYS.map(inHome)];
  const dotenv = DOTENV.flatMap((file) => fromDotenv(file, readText(join(root, file)), named));
  const all = [...variables, ...files, ...dotenv, ...urls.flatMap((url) => fromUrls("origin", url))];
  return all.flatMap(lines).filter(({ value }) => isTelling(value));
}

function fromFile({ name, value: text }: KnownSecret): readonly KnownSecret[] {
  return [...[...text.matchAll(ENTRY)].map(([, value = ""]) => ({ name, value })), ...fromUrls(name, text)];
}

function fromDotenv(file: string, text: string, named: (name: string) => boolean): readonly KnownSecret[] {
  return [...text.matchAll(/^\s*(?:export\s+)?(\w+)\s*=\s*(["']?)(.*?)\2\s*$/gm)].flatMap(
    ([, name = "", , value = ""]) =>
      named(name) ? [{ name: `${name} of ${file}`, value }] : fromUrls(`${name} of ${file}`, value),
  );
}

/** `scheme://user:password@host`; a long user name alone is a token. */
function fromUrls(name: string, text: string): readonly KnownSecret[] {
  return [...text.matchAll(/:\/\/([^\s:/@]*)(?::([^\s/@]*))?@/g)].flatMap(([, user = "", password]) => {
    const value = password ?? (user.length >= LONG ? user : "");
    return [...new Set([value, decoded(value)])].map((one) => ({ name: `password in ${name}`, value: one }));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is a letter
  }
}

/** A key of several lines is known by each of them: whoever prints it may indent them. */
function lines({ name, value }: KnownSecret): readonly KnownSecret[] {
  if (!value.trim().includes("\n")) return [{ name, value: value.trim() }];
  const long = value.split("\n").map((line) => line.trim());
  return long.filter((line) => line.length >= LONG && !line.startsWith("-----")).map((line) => ({ name, value: line }));
}

const LONG = 16;

/** `postgres`, `12345678`, `${NAME}`, a bare address or the path of a key file stand in honest texts. */
function isTelling(value: string): boolean {
  if (value.length < MIN_LENGTH || /^(?:\$\{|https?:\/\/[^@?]*$)/.test(value)) return false;
  if (value.startsWith("/") && existsSync(value)) return false;
  return value.length >= LONG || !/^(?:[A-Za-z]?[a-z]+|[A-Z]+|\d+|(.)\1+)$/.test(value);
}

function readText(path: string): string {
  try {
    const info = statSync(path);
    return info.isFile() && info.size <= MAX_BYTES ? readFileSync(path, "utf8") : "";
  } catch {
    return ""; // not there, or not for us: then nobody gets it from us either
  }
}
