import type { Leak, SearchedText } from "../../ports/secrets.ts";

type Search = (text: SearchedText) => Promise<readonly Leak[]>;

/** Lets a file say that it is not to be looked at; who writes the file is whom we look at. */
const COMMENTS = "@secretlint/secretlint-rule-filter-comments";

/** An access key's id is no secret; its key is seldom far away. */
const OPTIONS: Readonly<Record<string, object>> = {
  "@secretlint/secretlint-rule-aws": { enableIDScanRule: true },
};

/** What has the form of a secret. Loaded when something is published, and not before. */
export async function loadPatterns(): Promise<Search> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  const rules = creator.rules
    .filter(({ meta }) => meta.id !== COMMENTS)
    .map((rule) => ({ id: rule.meta.id, rule, options: OPTIONS[rule.meta.id] ?? {} }));
  return async ({ place, text, lines }) => {
    // Without a name every rule applies: a key is one in any file, and none is read from the disk.
    const source = { filePath: "", ext: ".json", contentType: "text", content: text } as const;
    const options = { maskSecrets: true, noPhysicFilePath: true, config: { rules } };
    const { messages } = await lintSource({ source, options });
    return messages.map(({ messageId, ruleId, loc }) => {
      const line = lines === undefined ? null : (lines[loc.start.line - 1] ?? null);
      return { place, line, rule: messageId === "" ? ruleId : messageId };
    });
  };
}
