import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { nameAgents, openAgents } from "../adapters/agents/open-agents.ts";
import { openChecks } from "../adapters/checks/run-checks.ts";
import { openBundles } from "../adapters/git/bundles.ts";
import { openOwnership } from "../adapters/git/ownership.ts";
import { openSweeper } from "../adapters/git/sweep.ts";
import { discard } from "../adapters/git/trash.ts";
import { openWatcher } from "../adapters/git/watcher.ts";
import { openWorktrees } from "../adapters/git/worktrees.ts";
import { openGitHubForge } from "../adapters/github/github-forge.ts";
import { openLocalForge } from "../adapters/local-forge/local-forge.ts";
import { openLocalEngine } from "../adapters/engine/local-engine.ts";
import { endLeftovers } from "../adapters/process/end-leftovers.ts";
import { openFaults, readFaults } from "../adapters/process/faults.ts";
import { openSandbox } from "../adapters/sandbox/open-sandbox.ts";
import { guardAgents, maskJournal } from "../adapters/secrets/guard.ts";
import { openPrompts } from "../adapters/prompts/open-prompts.ts";
import { openLog, type Log } from "../adapters/telemetry/log.ts";
import type { Settled } from "../config/derive.ts";
import { loadConfig } from "../config/load.ts";
import { requireRunnable } from "../config/runnable.ts";
import { withEffects } from "../dispatch/effects.ts";
import { STORY_VERSION } from "../dispatch/episode.ts";
import { laneMeter } from "../dispatch/lane-meter.ts";
import { isoTime, type Ports } from "../dispatch/ports.ts";
import { stories } from "../dispatch/run-task.ts";
import { stopBelow } from "../domain/backpressure.ts";
import { type Role, ROLES } from "../domain/assignment.ts";
import type { DispatchError } from "../domain/errors.ts";
import type { Narrator } from "../ports/narrator.ts";
import type { Engine } from "../ports/steps.ts";
import { KEPT_FOLDERS } from "../ports/worktrees.ts";
import { composeBacklog } from "./compose-backlog.ts";
import type { Membership } from "./compose-fleet.ts";
import { issueLabel, openClient } from "./compose-github.ts";
import { openPlace } from "./compose-place.ts";
import { composeSecrets } from "./compose-secrets.ts";
import { chooseStore } from "./compose-store.ts";
import { refuseAgents } from "./compose-trust.ts";
import type { CliContext } from "./context.ts";
import { closing, type Closing } from "./desk/closing.ts";
import type { Desk, DeskRequest } from "./desk/desk.ts";
import { openPaths } from "./desk/paths.ts";
import { newRunId } from "./desk/run-id.ts";
import { budgetOf, notesOf, requireSupported, settingsOf } from "./desk/settings.ts";
import { systemClock } from "./desk/system-clock.ts";
import { guardChecks, openTrust } from "./desk/trust.ts";
import { readDisk } from "./desk/disk.ts";
import { watchDisk } from "./desk/watch-disk.ts";

export type { Desk } from "./desk/desk.ts";

/** Opens what a command works with, in the order in which it depends on each other; nothing else constructs adapters. */
export async function openDesk(context: CliContext, request: DeskRequest = {}): Promise<Desk> {
  if (request.human === true) refuseAgents();
  const stack = closing();
  try {
    return await assemble(context, request, stack);
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(context: CliContext, request: DeskRequest, stack: Closing): Promise<Desk> {
  const { host: wanted = { works: true, skills: null, config: null } } = request;
  const flags = request.jobs === undefined ? {} : { jobs: request.jobs };
  const loaded = loadConfig({
    ...context,
    flags,
    ...(wanted.config === null ? {} : { shared: wanted.config.content }),
  });
  for (const warning of loaded.warnings) context.warn(warning);
  const { config } = loaded;
  const run = newRunId();
  const membership: Membership = { host: null, fence: "" };
  const place = await openPlace(context, loaded, membership);
  if (request.runnable === true) requireRunnable(loaded);
  const { repository, stateDir } = place;
  const disks = [stateDir, repository.root, repository.workDir];
  const sandbox = openSandbox({ mode: config.sandbox, repository, memoryMb: config.limits.memoryMb });
  const probing = sandbox.probe();
  const secrets = composeSecrets(place.env, repository, config);
  const { mask, maskStream } = secrets;
  const gitHub = place.gitHub === null ? null : openClient(place.gitHub, systemClock, context.signal);
  const log = stack.use(openLog(join(stateDir, "dispatch.log"), { run, pid: process.pid }, mask));
  const store = await chooseStore(request.journal, { context, place, stack, membership });
  const { shared } = store;
  const ownership = openOwnership(repository.commonDir);
  const trust = openTrust({ context, loaded, stateDir, refuseAgents });
  const processFolder = join(stateDir, "processes");
  await endLeftovers(processFolder);

  const clock = systemClock;
  const openedChecks = openChecks({
    config,
    configDir: loaded.folder,
    sandbox,
    clock,
    processFolder,
    setupFolder: join(stateDir, "setup"),
    mask: maskStream,
  });
  const checks = guardChecks(openedChecks, trust);
  const onKept = (error: DispatchError): void => context.warn(`${error.message} ${error.hint}`);
  // Without `setup` an agent made whatever would stay.
  const keep = config.setup === undefined ? [] : KEPT_FOLDERS;
  const worktrees = openWorktrees({ repository, pauseMain: config.pauseMain, max: config.maxWorktrees, keep, onKept });
  const by = `${userInfo().username}@${hostname()}`;
  const narrator = logging(request.narrator ?? silent, log);
  const programs = { configDir: loaded.folder, checks, sandbox, processFolder, clock, mask: maskStream };
  const prompts = openPrompts({ checkout: loaded.root, folder: loaded.folder, agents: config.agents });
  // A host needs the programs of the roles that it takes.
  const mine = { agents: agentsOf(config, wanted.roles) };
  const opened = () => (wanted.works ? openAgents({ config: mine, prompts, ...programs }) : nameAgents(config));
  const agents = once(() => guardAgents(opened(), secrets));
  const backlog = composeBacklog({ config, gitHub, root: loaded.root, stdin: context.stdin, warn: context.warn });
  const forge =
    gitHub !== null && config.forge === "github"
      ? openGitHubForge({ github: gitHub, repository, issues: config.backlog.length === 1 ? issueLabel(config) : null })
      : openLocalForge({ repository, clock, by, env: place.env, signal: context.signal });
  const outer = { forge, repository, claims: repository.claims };
  const whole: Ports = {
    ...(request.divert?.(outer) ?? outer),
    worktrees,
    handover: repository.handover,
    get host() {
      return membership.host === null ? null : { name: hostname(), fence: membership.fence };
    },
    get journal() {
      return maskJournal(store.journal, secrets);
    },
    get agents() {
      return agents();
    },
    checks,
    backlog,
    clock,
    narrator,
    secrets,
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    paths: openPaths({ stateDir, discard, warn: (text) => context.warn(text) }),
    lanes: laneMeter(),
    prompts,
    budget: budgetOf(config, request.budgetUsd ?? null, isoTime(clock.now())),
    readDisk: () => readDisk(disks),
  };
  const faults = readFaults(context.env["DISPATCH_FAULT"]);
  const ports = faults === null ? whole : withEffects(whole, openFaults(faults));
  const expelled = new AbortController();
  const signal = AbortSignal.any([context.signal, store.lost, log.broken, expelled.signal]);
  const settings = settingsOf({ run, config, fence: await probing, only: request.only ?? [], hash: ports.hash });
  membership.fence = settings.fence;
  const watcher = openWatcher(repository);
  const sweeper = openSweeper(repository);
  const startAgents = async (): Promise<void> => {
    requireSupported(config, await probing, place.env);
    // Said before anything is spawned.
    await gitHub?.fetchLogin();
    await sandbox.require();
    await trust.ensure();
    // A program that is missing is nobody's failed task.
    agents();
    const room = stack.use(watchDisk(disks, stopBelow));
    room.full.addEventListener("abort", () => expelled.abort(room.full.reason), { once: true });
    stack.use(await ownership.acquire(run));
  };

  return {
    ports,
    backlog,
    startAgents,
    settings,
    config,
    human: { by, run },
    watcher,
    trust,
    notes: notesOf(config, await probing, whole.budget),
    signal,
    own: () => ownership.acquire(run),
    isOwned: async () => (await ownership.readOwner()) !== null,
    async readHosts() {
      if (shared === null) return { living: [], unserved: [] };
      const { readHosts } = await import("../adapters/postgres/read-hosts.ts");
      return await readHosts(shared, repository.id);
    },
    async startEngine() {
      await startAgents();
      const warn = (text: string): void => context.warn(text);
      if (request.journal === "memory")
        return stack.use(stopping(openLocalEngine({ version: STORY_VERSION, stories: stories(ports) }), signal));
      const { openEngine } = await import("./compose-engine.ts");
      const expel = (reason: unknown): void => expelled.abort(reason);
      const joining = { ports, loaded, run, wanted, stack, warn };
      const engine = await openEngine({ membership, store, log, expel, ...joining });
      return stack.use(stopping(engine, signal));
    },
    worktreeOf: async (task) => (await repository.slots.read()).find((slot) => slot.lease?.task === task)?.path ?? null,
    bundles: openBundles(repository.doors),
    clean: (force) => sweeper.sweep(force),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Ctrl-C reaches the dispatcher alone: it stops the engine, which lets the agents go and saves their work. */
function stopping(engine: Engine, signal: AbortSignal): Engine {
  const stop = (): void => void engine.stop();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return engine;
}

const silent: Narrator = { fact: () => undefined, agent: () => undefined };

function logging(narrator: Narrator, log: Log): Narrator {
  return {
    fact(fact) {
      log.info({ fact }, "fact");
      narrator.fact(fact);
    },
    agent: narrator.agent,
  };
}

function agentsOf({ agents }: Settled, roles: readonly Role[] = ROLES): Settled["agents"] {
  return Object.fromEntries(Object.entries(agents).filter(([, { role }]) => roles.includes(role)));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
