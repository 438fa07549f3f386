import type { TaskRecording } from "../recording-types.ts";

export const slugAccents: TaskRecording = {
  coder: [
    {
      seconds: 1.3,
      say: ["reading src/slug.js", "splitting letters from their accents"],
      edits: [
        {
          path: "src/slug.js",
          replace: [
            `  return name
    .toLowerCase()
`,
            `  return name
    .normalize("NFKD")
    .replace(/\\p{Mn}+/gu, "")
    .toLowerCase()
`,
          ],
        },
        {
          path: "test/slug.test.js",
          replace: [
            `  assert.equal(slugify("Blue mug, 0.3 l"), "blue-mug-0-3-l");
});
`,
            `  assert.equal(slugify("Blue mug, 0.3 l"), "blue-mug-0-3-l");
});

test("keeps the letter under an accent", () => {
  assert.equal(slugify("Crème brûlée"), "creme-brulee");
  assert.equal(slugify("Müsli-Schüssel"), "musli-schussel");
});
`,
          ],
        },
      ],
      end: "ok",
      summary: "Letters lose their accents before everything else is replaced, so none is lost.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.4,
      say: ["trying composed and decomposed accents"],
      verdict: "approve",
      findings: [],
      summary: "Works for composed and for decomposed accents.",
      costUsd: 0,
    },
  ],
};
