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
  return {
    info: (data, message) => logger.info(data, message),
    warn: (data, message) => logger.warn(data, message),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        stream.once("close", resolve);
        stream.end();
      });
    },
  };
}
