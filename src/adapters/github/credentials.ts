import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Credentials } from "./client.ts";
import type { Addresses, Slug } from "./slug.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `GITHUB_TOKEN`, or an App: `GITHUB_APP_ID` with `GITHUB_APP_PRIVATE_KEY`; else asking for a token rejects. */
export function readCredentials(env: Environment, slug: Slug, { api }: Addresses): Credentials {
  const token = env["GITHUB_TOKEN"] ?? "";
  if (token !== "") {
    // Installation tokens, those of Actions among them; others belong to people.
    return { kind: token.startsWith("ghs_") ? "app" : "person", isThere: true, fetchToken: async () => token };
  }
  const [appId = "", key = ""] = [env["GITHUB_APP_ID"], env["GITHUB_APP_PRIVATE_KEY"]];
  if (appId !== "" && key !== "") return { kind: "app", isThere: true, fetchToken: appToken(appId, key, slug, api) };
  return { kind: "person", isThere: false, fetchToken: async () => await Promise.reject(missing()) };
}

function missing(): DispatchError {
  return new DispatchError({
    code: "github_token_missing",
    message: "GITHUB_TOKEN is not set, so GitHub would not let us in.",
    hint: "GITHUB_TOKEN=$(gh auth token) dispatch …, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY of an App",
    exit: EXIT.authentication,
  });
}

/** Kept by the library until it ends, and asked for again then. */
function appToken(appId: string, key: string, slug: Slug, baseUrl: string): () => Promise<string> {
  const opening = once(async () => {
    const [{ createAppAuth }, { Octokit }] = await Promise.all([import("@octokit/auth-app"), import("@octokit/rest")]);
    const auth = { appId, privateKey: key.replaceAll("\\n", "\n") };
    const app = new Octokit({ baseUrl, authStrategy: createAppAuth, auth });
    const { data } = await app.rest.apps.getRepoInstallation({ ...slug });
    return async () => await app.auth({ type: "installation", installationId: data.id });
  });
  return async () => {
    const { token } = (await (await opening())()) as { readonly token: string };
    return token;
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
