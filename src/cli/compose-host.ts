import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "../adapters/agents/find-program.ts";
import { CLIS, requireLogin } from "../adapters/agents/native/open-native.ts";
import { probeCli } from "../adapters/agents/native/probe.ts";
import { requireRepository } from "../adapters/git/place.ts";
import { readGitVersion } from "../adapters/git/remote.ts";
import { openRepository } from "../adapters/git/repository.ts";
import { openHub } from "../adapters/github/hub.ts";
import { maskUrl, readSharedUrl } from "../adapters/postgres/database-url.ts";
import { findPostgres } from "../adapters/postgres/find-postgres.ts";
import { openSandbox } from "../adapters/sandbox/open-sandbox.ts";
import { requireKeyOf } from "../config/network.ts";
import { findGitHub, issueLabel, openClient } from "./compose-github.ts";
import { findState } from "./compose-place.ts";
import type { CliContext } from "./context.ts";
import { readHomeMarker } from "./demo/home-marker.ts";
import { systemClock } from "./desk/system-clock.ts";
import { readTrust } from "./desk/trust-state.ts";
import type { Host } from "./doctor/host.ts";

/** What `doctor` looks through; nothing of it writes into the repository. */
export function openHost(context: CliContext): Host {
  const { cwd, signal } = context;
  const env = { ...context.env };
  return {
    readGitVersion: async () => (await readGitVersion(env))?.join(".") ?? null,
    async requireRepository() {
      const { root, origin, commonDir } = await requireRepository(cwd, env);
      return { root, hasOrigin: origin !== null, home: await readHomeMarker(commonDir) };
    },
    async readBase(base) {
      // A state folder for this one question: the real one is made by the first command that works.
      const stateDir = await mkdtemp(join(tmpdir(), "dispatch-doctor-"));
      try {
        const repository = await openRepository({ root: cwd, stateDir, workDir: ".work", base, env, signal });
        return await repository.readBase();
      } finally {
        await rm(stateDir, { recursive: true, force: true });
      }
    },
    sharedDatabase() {
      const url = readSharedUrl(env);
      return url === null ? null : maskUrl(url);
    },
    findPostgres: () => findPostgres(env),
    readTrust: async (loaded) => readTrust((await findState(context)).stateDir, loaded, context),
    async readFace({ config }) {
      if (config.forge !== "github" && issueLabel(config) === null) return null;
      const access = findGitHub(config, await requireRepository(cwd, env), env);
      if (access === null) return null;
      const { owner, repo } = access.slug;
      return { ...(await openHub(openClient(access, systemClock, signal)).readFace()), where: `${owner}/${repo}` };
    },
    probeFence: () => openSandbox({ mode: "auto", repository: null, path: env["PATH"] ?? "" }).probe(),
    async probeAgent(engine, file) {
      const cli = Object.values(CLIS).find(({ name }) => name === engine);
      return cli === undefined ? null : { ...(await probeCli(cli, file, readSet(env))), tested: cli.tested };
    },
    requireProgram,
    requireAccess(where, agent) {
      requireKeyOf(where, agent, env);
      const cli = Object.values(CLIS).find(({ name }) => name === agent.engine);
      if (cli !== undefined) requireLogin(cli, where, agent, env);
    },
  };
}

const readSet = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
