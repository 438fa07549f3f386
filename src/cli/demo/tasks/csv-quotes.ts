import type { Edit, TaskRecording } from "../recording-types.ts";

const LINE: Edit = {
  path: "src/csv.js",
  replace: [
    `/** One line of a CSV file. */
export function csvLine(cells) {
  return cells.join(",");
}
`,
    `/** One line of a CSV file (RFC 4180): a cell with a comma, a quote or a line break stands in quotes. */
export function csvLine(cells) {
  return cells.map(csvCell).join(",");
}
`,
  ],
};

const CELL: Edit = {
  path: "src/csv.js",
  replace: [
    `  return cells.map(csvCell).join(",");
}
`,
    `  return cells.map(csvCell).join(",");
}

function csvCell(value) {
  const text = String(value);
  return /[",\\r\\n]/.test(text) ? \`"\${text.replaceAll('"', '""')}"\` : text;
}
`,
  ],
};

const TEST: Edit = {
  path: "test/csv.test.js",
  replace: [
    `  assert.equal(csvLine(["mug", 2, 1299]), "mug,2,1299");
});
`,
    `  assert.equal(csvLine(["mug", 2, 1299]), "mug,2,1299");
});

test("puts a cell in quotes where it needs them", () => {
  assert.equal(csvLine(["mug, blue", 'a "big" one', "two\\nlines"]), '"mug, blue","a ""big"" one","two\\nlines"');
});
`,
  ],
};

/** Its first coder dies half-way: csvLine calls a function that is not there yet. */
export const csvQuotes: TaskRecording = {
  coder: [
    {
      attempt: 1,
      seconds: 0.6,
      say: ["reading src/csv.js", "csvLine first, then the cells"],
      edits: [LINE],
      end: "crash",
      summary: "",
      costUsd: 0,
    },
    {
      attempt: 2,
      seconds: 1.1,
      say: ["reading src/csv.js", "quoting by RFC 4180, with a test"],
      edits: [LINE, CELL, TEST],
      end: "ok",
      summary: "Cells with a comma, a quote or a line break are written in quotes, quotes inside them doubled.",
      costUsd: 0,
    },
  ],
  reviewer: [
    {
      seconds: 0.3,
      say: ["comparing with RFC 4180"],
      verdict: "approve",
      findings: [],
      summary: "Commas, quotes and line breaks are covered by the code and by the test.",
      costUsd: 0,
    },
  ],
};
