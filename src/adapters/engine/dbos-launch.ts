import { DBOS } from "@dbos-inc/dbos-sdk";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { decodeJson, encodeJson } from "./json.ts";

/** What DBOS has to say: never the terminal. */
export type EngineLog = (level: "debug" | "info" | "warn" | "error", text: string) => void;

export interface DbosConnection {
  readonly url: string;
  readonly schema: string;
  readonly version: string;
  readonly executorId: string;
  /** The one queue that this process listens to. */
  readonly inbox?: string | undefined;
  readonly log?: EngineLog;
}

const INBOX_EVERY_MS = 250;

/** Names go into SQL between quotes, and into the 63 bytes that PostgreSQL has for them. */
const SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** Connects, makes or migrates the schema, and begins to work. Workflows are registered before. */
export async function launchDbos(connection: DbosConnection): Promise<void> {
  const { url, schema, version, executorId, inbox, log = () => undefined } = connection;
  try {
    if (!SCHEMA.test(schema)) throw badSchema(schema);
    DBOS.setConfig({
      name: schema,
      systemDatabaseUrl: url,
      systemDatabaseSchemaName: schema,
      applicationVersion: version,
      executorID: executorId,
      ...(inbox === undefined ? {} : { listenQueues: [inbox] }),
      serializer: { name: () => "dispatch_json", stringify: encodeJson, parse: decodeJson },
      // Nothing waits for messages here: it saves a connection and the self-test at start.
      useListenNotify: false,
      // Setting it would make pg print a deprecation warning; the private server has its own.
      systemDatabaseIdleTransactionTimeoutMs: 0,
      logger: {
        debug: (entry) => log("debug", String(entry)),
        info: (entry) => log("info", String(entry)),
        warn: (entry) => log("warn", String(entry)),
        error: (entry) => log("error", String(entry)),
      },
    });
    await DBOS.launch();
    if (inbox !== undefined) await DBOS.registerQueue(inbox, { minPollingIntervalMs: INBOX_EVERY_MS });
  } catch (error) {
    await DBOS.shutdown({ deregister: true });
    throw error instanceof DispatchError ? error : unavailable(error);
  }
}

function badSchema(schema: string): DispatchError {
  return new DispatchError({
    code: "engine_schema_invalid",
    message: `${JSON.stringify(schema)} cannot be the name of a schema.`,
    hint: "Use lower-case letters, digits and _, beginning with a letter, at most 63.",
    facts: { schema },
  });
}

/** DBOS masks the password in its own messages. */
function unavailable(cause: unknown): DispatchError {
  return new DispatchError({
    code: "engine_unavailable",
    message: `The engine could not start: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Look at what is missing: dispatch doctor",
    exit: EXIT.failure,
    cause,
  });
}
