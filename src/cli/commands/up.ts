import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";
import { alarm } from "../desk/alarm.ts";
import { systemClock } from "../desk/system-clock.ts";
import { runNarrator } from "../output/run-narrator.ts";
import { Jobs, Port } from "../schemas.ts";
import { valueOf } from "../value-of.ts";
import { runOnDesk } from "./run.ts";

/** Between two looks that nobody asked for: a delivery may have been lost. */
const SWEEP_MS = 5 * 60_000;

export const up: DefineCommand = (command, context) => {
  command
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <n>", "for GitHub's webhooks", valueOf(Port), 8787)
    .option("-j, --jobs <n>", "lanes at most; the fan-out rule decides below it", valueOf(Jobs))
    .action(async ({ host, port, jobs }) => {
      const secret = context.env["GITHUB_WEBHOOK_SECRET"] ?? "";
      if (secret === "") throw noSecret();
      const narrator = runNarrator(context);
      const [{ openDesk }, { receiveDeliveries }] = await Promise.all([
        import("../compose.ts"),
        import("../compose-github.ts"),
      ]);
      const bell = alarm(systemClock);
      await using desk = await openDesk(context, {
        narrator,
        ...(jobs === undefined ? {} : { jobs }),
        runnable: true,
      });
      await using deliveries = await receiveDeliveries({ host, port, secret, onNews: () => bell.ring() });
      context.say(`webhooks are received at http://${host}:${deliveries.port} until Ctrl-C`);
      const nap = (signal: AbortSignal): Promise<boolean> => bell.wait(SWEEP_MS, signal);
      await runOnDesk(desk, context, narrator, { until: "pr", watch: nap });
    });
};

function noSecret(): DispatchError {
  return new DispatchError({
    code: "webhook_secret_missing",
    message: "GITHUB_WEBHOOK_SECRET is not set, so nobody could tell GitHub's deliveries from others.",
    hint: "Set it to the secret of the webhook. Without webhooks: dispatch run --watch",
    exit: EXIT.usage,
  });
}
