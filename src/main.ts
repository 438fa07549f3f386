#!/usr/bin/env node
/** The bin. Nothing is imported before it is known that this machine can run the rest. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (process.platform === "win32") {
  refuse("dispatch does not run on Windows yet.", "run it inside WSL 2, on a repository that lies there");
} else if (major < 20 || (major === 20 && minor < 19)) {
  refuse(
    `dispatch needs Node 20.19 or newer; this is ${process.versions.node}.`,
    "install a newer Node: https://nodejs.org",
  );
} else {
  const { main } = await import("./cli/main.ts");
  await main();
}

function refuse(message: string, next: string): void {
  process.stderr.write(`error: ${message}\n  next  ${next}\n`);
  process.exitCode = 1;
}
