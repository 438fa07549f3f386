/** What is known of agents whose own ways ACP says nothing of, by the name of their program. */
export interface Known {
  /** Where its sessions and its login are: the variable that names the folder, and its place in the user's home. */
  readonly home: { readonly variable: string; readonly login: string } | null;
  /** What comes before the settings of its user and of a branch: the variable that names the file, and its text. */
  readonly settings: { readonly variable: string; readonly text: string } | null;
  /** It reads AGENTS.md by itself. */
  readonly guidance: boolean;
}

/** Measured with 0.24.4: a branch's own hooks do not run, and a rate limit is told after 12 s, not after 100. */
const QWEN = {
  disableAllHooks: true,
  general: { enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false },
  model: { generationConfig: { maxRetries: 0, retryInitialDelayMs: 500, retryMaxDelayMs: 4000 } },
  // It would go on asking its model, and writing, when its turn is over.
  memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false, enableAutoSkill: false },
  ui: { enableFollowupSuggestions: false, enableSpeculation: false },
};

const KNOWN: Readonly<Record<string, Known>> = {
  copilot: { home: { variable: "COPILOT_HOME", login: ".copilot" }, settings: null, guidance: true },
  qwen: {
    home: { variable: "QWEN_HOME", login: ".qwen" },
    settings: { variable: "QWEN_CODE_SYSTEM_SETTINGS_PATH", text: JSON.stringify(QWEN) },
    guidance: true,
  },
};

export const knownOf = (program: string): Known => KNOWN[program] ?? { home: null, settings: null, guidance: false };
