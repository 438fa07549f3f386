/**
 * What makes a git command harmless although it reads the configuration of the user's repository, which an
 * agent without a fence could have written: no hooks, no helpers, no programs of its choice.
 */
const HARDENING: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.sshCommand": "ssh",
  "core.askPass": "false",
  "core.editor": "false",
  "core.pager": "cat",
  "core.sparseCheckout": "false",
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  // Others (gc, pack-refs, a user's push) hold these locks for moments only: wait rather than fail.
  "core.filesRefLockTimeout": "2000",
  "core.packedRefsTimeout": "5000",
  "credential.helper": "",
  "commit.gpgSign": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "log.showSignature": "false",
  "protocol.allow": "never",
  "submodule.recurse": "false",
  "push.recurseSubmodules": "no",
  "safe.bareRepository": "explicit",
  "worktree.useRelativePaths": "false",
};

export const BELT: readonly string[] = Object.entries(HARDENING).flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/** The whole environment of a silent git command: nobody's configuration, nobody's home, no network. */
export function plumbingEnv(path: string): Record<string, string> {
  return {
    PATH: path,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_EDITOR: "false",
    // Reflogs want a name; nobody has to have one configured.
    GIT_AUTHOR_NAME: "dispatch",
    GIT_AUTHOR_EMAIL: "dispatch@localhost",
    GIT_COMMITTER_NAME: "dispatch",
    GIT_COMMITTER_EMAIL: "dispatch@localhost",
    // C locale: callers branch on git's wording.
    LC_ALL: "C",
  };
}

/** Variables of git that say how to reach a remote: the user's own, kept for network commands. */
const KEPT = new Set([
  "GIT_ASKPASS",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CONFIG_SYSTEM",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSL_CAINFO",
  "GIT_SSL_NO_VERIFY",
]);

/** Of no use without a terminal, and nothing of ours may start them. */
const DROPPED = new Set(["EDITOR", "PAGER", "PREFIX", "VISUAL"]);

/**
 * The user's environment for commands that need their credentials: global configuration, ssh agent, proxies.
 * Variables that would point git to another repository (we may have been started by a hook) are left out.
 */
export function userEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && !DROPPED.has(name) && (!name.startsWith("GIT_") || KEPT.has(name));
  });
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
}
