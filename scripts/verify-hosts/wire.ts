import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";

/** The way of one host to the database, over loopback, that can be cut without anybody being told. */
export interface Wire extends AsyncDisposable {
  readonly url: string;
  cut(): void;
  mend(): void;
}

export async function openWire(database: string): Promise<Wire> {
  const target = new URL(database);
  const socket = join(target.searchParams.get("host") ?? "", `.s.PGSQL.${target.port}`);
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(socket);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        ends.delete(one);
        other.destroy();
      });
      one.on("data", (chunk) => void other.write(chunk));
      if (isCut) one.pause();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  const url = new URL(database);
  url.host = `127.0.0.1:${port}`;
  url.search = "";
  return {
    url: url.toString(),
    cut() {
      isCut = true;
      for (const end of ends) end.pause();
    },
    mend() {
      isCut = false;
      for (const end of ends) end.resume();
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
