import { expect, it } from "vitest";
import { formatSeconds, formatUsd } from "../../src/domain/duration.ts";

it.each([
  [0, "0.0s"],
  [0.26, "0.3s"],
  [4, "4.0s"],
  [59.94, "59.9s"],
  [59.96, "1m00s"],
  [150, "2m30s"],
  [125, "2m05s"],
  [3599.6, "1h00m"],
  [3900, "1h05m"],
  [86_400, "24h00m"],
])("says %d seconds as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it.each([
  [null, "unpriced"],
  [0, "$0.00"],
  [0.0042, "$0.0042"],
  [0.01, "$0.01"],
  [1.2, "$1.20"],
])("says %d dollars as %s", (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});
