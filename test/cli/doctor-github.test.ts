import { expect, it } from "vitest";
import { actionSite } from "../support/action-site.ts";
import { cli } from "../support/cli.ts";

it("doctor says whose token it is, and whether that is enough", async () => {
  await using site = await actionSite({ config: { forge: "github" } });
  const cwd = await site.checkOut();
  const examine = async (env: Record<string, string>): Promise<unknown> => {
    const { stdout } = await cli(["doctor", "--json"], { cwd, env: { DISPATCH_HOME: site.temp, ...env } });
    const { checks } = JSON.parse(stdout) as { checks: readonly { name: string; status: string; message: string }[] };
    const found = checks.find(({ name }) => name === "github");
    return `${found?.status}: ${found?.message.replace(/:.*/, "")}`;
  };
  const of = async (login: string): Promise<unknown> => await examine({ ...site.hub.env(login) });
  site.hub.addUser("rita", "read");
  expect(await of("ada")).toBe("ok: acme/widgets as ada, a person's token");
  expect(await of(site.hub.app.login)).toBe(`ok: acme/widgets as ${site.hub.app.login}, an App's token`);
  expect(await of(site.hub.actionsLogin)).toBe("ok: acme/widgets as github-actions[bot], the token of a workflow run");
  expect(await of("rita")).toBe("fail: acme/widgets as rita, a person's token");
  const { GITHUB_TOKEN: _, ...without } = site.hub.env("ada");
  expect(await examine(without)).toBe("fail: GITHUB_TOKEN is not set, so GitHub would not let us in.");
});
