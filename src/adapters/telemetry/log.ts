import { pino, destination } from "pino";

export interface Log extends AsyncDisposable {
  info(data: Readonly<Record<string, unknown>>, message: string): void;
  warn(data: Readonly<Record<string, unknown>>, message: string): void;
}

/** The diary of one process, appended as JSON lines: fixed text plus data. Never the terminal, never a secret's value. */
export function openLog(file: string, base: Readonly<Record<string, unknown>>): Log {
  const stream = destination({ dest: file, append: true, mkdir: true, sync: false });
  const logger = pino(
    {
      base,
      level: "info",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    stream,
  );
  // A diary that cannot be written any more (a full disk) must not end the work that it tells of.
  let isBroken = false;
  stream.on("error", () => {
    isBroken = true;
    stream.destroy();
  });
  return {
    info: (data, message) => void (isBroken || logger.info(data, message)),
    warn: (data, message) => void (isBroken || logger.warn(data, message)),
    async [Symbol.asyncDispose]() {
      if (isBroken) return;
      await new Promise<void>((resolve) => {
        stream.once("close", resolve);
        stream.end();
      });
    },
  };
}
