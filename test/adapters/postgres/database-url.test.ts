import { userInfo } from "node:os";
import { describe, expect, test } from "vitest";
import { maskUrl, readSharedUrl } from "../../../src/adapters/postgres/database-url.ts";
import { caught } from "../../support/caught.ts";

describe("DISPATCH_DATABASE_URL", () => {
  test.each([undefined, ""])("asks for a private server when it is %j", (given) => {
    expect(readSharedUrl({ DISPATCH_DATABASE_URL: given })).toBeNull();
  });

  test("is taken as it is when it says everything", () => {
    const url = "postgres://me:p%40ss@db.example:5433/fleet?sslmode=require";
    expect(readSharedUrl({ DISPATCH_DATABASE_URL: url })).toBe(url);
  });

  test.each([
    ["postgresql://db.example/fleet", "postgresql://me@db.example/fleet"],
    ["postgres:///fleet?host=/run/postgresql", "postgres://me@localhost/fleet?host=/run/postgresql"],
    ["postgres://you:x@/fleet?host=/run/postgresql", "postgres://you:x@localhost/fleet?host=/run/postgresql"],
  ])("%s gets what libpq would fill in", (given, full) => {
    expect(readSharedUrl({ DISPATCH_DATABASE_URL: given, PGUSER: "me" })).toBe(full);
  });

  test("means the current user when it names none", () => {
    expect(readSharedUrl({ DISPATCH_DATABASE_URL: "postgres://h/d" })).toBe(`postgres://${userInfo().username}@h/d`);
  });

  test.each(["fleet", "mysql://h/d", "postgres://h", "postgres://h/", "http://h/d"])(
    "is refused as %s, and the message does not repeat it",
    async (given) => {
      const error = await caught(() => readSharedUrl({ DISPATCH_DATABASE_URL: given }));
      expect(error).toMatchObject({ code: "database_url_invalid", exit: 2 });
      expect(error.message).not.toContain(given);
    },
  );

  test("is shown without its password", () => {
    expect(maskUrl("postgres://me:secret@h:1/d")).toBe("postgres://me:***@h:1/d");
    expect(maskUrl("postgres://me@h/d")).toBe("postgres://me@h/d");
    expect(maskUrl("not a url with secret")).toBe("the database");
  });
});
