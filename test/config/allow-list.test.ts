import { describe, expect, test } from "vitest";
import { allowing, hostOf, parseAllowed, parseAuthority } from "../../src/config/allow-list.ts";

const goesTo = (entries: readonly string[], authority: string): boolean => {
  const to = parseAuthority(authority);
  const list = entries.map(parseAllowed).filter((one) => one !== null);
  expect(list.length).toBe(entries.length);
  return to !== null && allowing(list, to).length > 0;
};

describe("a list of hosts", () => {
  test.each([
    ["example.org", "example.org:443", true],
    ["example.org", "EXAMPLE.org:80", true],
    ["example.org", "example.org:22", false],
    ["example.org", "www.example.org:443", false],
    ["example.org", "evilexample.org:443", false],
    ["example.org", "example.org.evil.net:443", false],
    ["*.example.org", "www.example.org:443", true],
    ["*.example.org", "a.b.example.org:80", true],
    ["*.example.org", "example.org:443", false],
    ["*.example.org", "evilexample.org:443", false],
    ["*.example.org:8443", "www.example.org:8443", true],
    ["example.org:8443", "example.org:8443", true],
    ["example.org:8443", "example.org:443", false],
    ["Example.ORG", "example.org:443", true],
    ["127.0.0.1:8080", "127.0.0.1:8080", true],
    ["127.0.0.1:8080", "localhost:8080", false],
    ["localhost:8080", "127.0.0.1:8080", false],
    ["[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", true],
    ["[::1]:8080", "[::ffff:127.0.0.1]:8080", false],
    ["1.2.3.4", "1.2.3.4:443", true],
  ])("with %s lets %s through: %j", (entry, authority, expected) => {
    expect(goesTo([entry], authority)).toBe(expected);
  });

  test.each([
    ...["https://example.org", "example.org/path", "user@example.org", "example.org.", "*", "*.", "*.1.2.3.4"],
    ...["a*.example.org", "*.*.example.org", "example.org:0", "example.org:65536", "example.org:", "::1", "[::1"],
    ...["[fe80::1%eth0]", "exämple.org", "exa mple.org", "example..org", "-example.org", "127.1", "0x7f.1", ""],
  ])("cannot hold %j", (entry) => {
    expect(parseAllowed(entry)).toBeNull();
  });
});

describe("a host", () => {
  test.each([
    ...["registry.npmjs.org\0.evil.net", "evil.net\0", "user@registry.npmjs.org", "registry.npmjs.org.", "%65vil.net"],
    ...["2130706433", "127.1", "0x7f000001", "0177.0.0.1.", "127.0.0.1.", "[::1", "[127.0.0.1]", "::1", "a b", ""],
    ...["a".repeat(64), `${"a.".repeat(127)}a`],
  ])("is not %j", (text) => {
    expect(hostOf(text)).toBeNull();
    expect(parseAuthority(`${text}:443`)).toBeNull();
  });

  test.each(["example.org", "example.org:", "example.org:0", "example.org:99999", "example.org:443:443", ":443", ":"])(
    "and port is not %j",
    (authority) => {
      expect(parseAuthority(authority)).toBeNull();
    },
  );
});
