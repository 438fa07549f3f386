import { openBacklog, type TextSource } from "../adapters/backlog/open-backlog.ts";
import type { GitHub } from "../adapters/github/client.ts";
import { openIssues } from "../adapters/github/issues.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { WritableBacklog } from "../ports/backlog.ts";
import { issueLabel } from "./compose-github.ts";

export interface BacklogRequest {
  readonly config: Pick<LoadedConfig["config"], "backlog">;
  readonly gitHub: GitHub | null;
  readonly root: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly warn: (text: string) => void;
}

/** Texts on this machine, and issues on GitHub, as one. */
export function composeBacklog({ config, gitHub, root, stdin, warn }: BacklogRequest): WritableBacklog {
  const sources = config.backlog.flatMap((source): TextSource[] => ("github" in source ? [] : [source]));
  const label = issueLabel(config);
  const others = gitHub === null || label === null ? [] : [openIssues({ github: gitHub, label, warn })];
  return openBacklog({ sources, others, root, stdin });
}
