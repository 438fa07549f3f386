import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import type { AppCredentials, Permission } from "../types.ts";
import type { Account, Repo, World } from "./model.ts";
import { notFound, Refusal } from "./refusal.ts";

const HOUR = 60 * 60_000;

export const ACTIONS_LOGIN = "github-actions[bot]";

const RANKS: Readonly<Record<Permission, number>> = { none: 0, read: 1, triage: 2, write: 3, maintain: 4, admin: 5 };

/** One key for all tests of a process: making one takes as long as a test. */
let key: string | undefined;

function privateKey(): string {
  const made =
    key ?? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  key = made.toString();
  return key;
}

export function makeApp(): AppCredentials {
  const slug = "dispatch-app";
  return {
    appId: 4711,
    installationId: 815,
    slug,
    login: `${slug}[bot]`,
    get privateKey() {
      return privateKey();
    },
  };
}

export function addAccount(world: World, login: string, kind: Account["kind"]): Account {
  const account = world.accounts.get(login) ?? { id: world.nextId(), login, kind };
  world.accounts.set(login, account);
  return account;
}

export function accountOf(world: World, login: string): Account {
  const account = world.accounts.get(login);
  if (account === undefined) throw new Error(`the stand-in knows no ${login}: addUser(login, permission)`);
  return account;
}

/** The same for a person, new for an App. */
export function tokenFor(world: World, { login, kind, id }: Account): string {
  const serial = kind === "app" ? world.nextId() : id;
  const secret = createHash("sha256").update(`${world.url} ${login} ${serial}`).digest("hex").slice(0, 36);
  const token = `${kind === "user" ? "ghp" : "ghs"}_${secret}`;
  world.tokens.set(token, { login, expiresAt: kind === "app" ? world.now() + HOUR : Number.POSITIVE_INFINITY });
  return token;
}

/** Whose token it is; 401 for one that is nobody's or over. */
export function requireAccount(world: World, token: string): Account {
  const known = world.tokens.get(token);
  if (known === undefined || known.expiresAt <= world.now()) throw new Refusal(401, "Bad credentials");
  return accountOf(world, known.login);
}

/** The App's own word, signed by its key: 401 where it is not. */
export function requireApp({ app, now }: World, jwt: string): void {
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  const publicKey = createPublicKey(createPrivateKey(app.privateKey));
  const signed = verify("RSA-SHA256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url"));
  if (!signed) throw new Refusal(401, "A JSON web token could not be decoded");
  const { iss, exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { iss?: unknown; exp?: number };
  if (String(iss) !== String(app.appId)) throw new Refusal(401, "A JSON web token could not be decoded");
  if ((exp ?? 0) * 1000 <= now()) throw new Refusal(401, "'Expiration time' claim ('exp') must be in the future");
}

export function permissionOf(repo: Repo, { login, kind }: Account): Permission {
  const given = repo.permissions.get(login) ?? (kind === "user" ? "none" : "write");
  return given === "none" && repo.options.private !== true ? "read" : given;
}

export function may(repo: Repo, account: Account, permission: Permission): boolean {
  return RANKS[permissionOf(repo, account)] >= RANKS[permission];
}

/** 404 for what may not even be seen, 403 else. */
export function requirePermission(repo: Repo, account: Account, permission: Permission): void {
  if (!may(repo, account, "read")) throw notFound();
  if (may(repo, account, permission)) return;
  const message =
    account.kind === "user" ? "Must have admin rights to Repository." : "Resource not accessible by integration";
  throw new Refusal(403, message);
}
