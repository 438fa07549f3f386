import { onTestFinished } from "vitest";

/** For one test; null takes it away. */
export function setVariable(name: string, value: string | null): void {
  const before = process.env[name];
  if (value === null) delete process.env[name];
  else process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
