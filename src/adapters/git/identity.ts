import { createHash } from "node:crypto";
import type { Place } from "./place.ts";

/** 16 hex digits: the same from every linked worktree, or (`origin`) from every clone. */
export function repositoryId({ commonDir, origin }: Place, by: "folder" | "origin"): string {
  const name = by === "origin" && origin !== null ? normaliseUrl(origin.fetchUrl) : commonDir;
  return createHash("sha256").update(name).digest("hex").slice(0, 16);
}

/** `git@github.com:o/r.git`, `ssh://git@github.com/o/r` and `https://token@GitHub.com/o/r.git` are one repository. */
export function normaliseUrl(url: string): string {
  const scp = /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)(.*)$/.exec(url);
  const full = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:]*)(?::\d+)?\/(.*)$/i.exec(url);
  const [, host, path] = full ?? scp ?? [undefined, "", url];
  const bare = (path ?? url).replace(/\/+$/, "").replace(/\.git$/, "");
  return host === undefined || host === "" ? bare : `${host.toLowerCase()}/${bare.replace(/^\/+/, "")}`;
}
