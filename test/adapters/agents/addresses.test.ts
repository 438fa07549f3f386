import { describe, expect, test } from "vitest";
import { kindOfAddress, mayLeadTo } from "../../../src/adapters/agents/gateway/addresses.ts";
import { parseAllowed } from "../../../src/config/allow-list.ts";

test.each([
  ["public", ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "100.128.0.1"]],
  ["private", ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"]],
  ["loopback", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"]],
  ["odd", ["0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "224.0.0.1", "255.255.255.255", "fe80::1", "::"]],
  ["odd", ["::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "ff02::1", "192.0.0.8", "::ffff:0:127.0.0.1"]],
] as const)("an address may be %s: %j", (kind, addresses) => {
  expect(addresses.map(kindOfAddress)).toEqual(addresses.map(() => kind));
});

describe("a host that is listed as", () => {
  test.each([
    ["example.org", "1.1.1.1", true],
    ["example.org", "10.0.0.1", false],
    ["example.org", "127.0.0.1", false],
    ["corp.example.org:443", "10.0.0.1", true],
    ["*.example.org:443", "10.0.0.1", false],
    ["corp.example.org:443", "127.0.0.1", false],
    ["corp.example.org:443", "169.254.169.254", false],
    ["localhost:8080", "127.0.0.1", true],
    ["localhost:8080", "::1", true],
    ["localhost", "127.0.0.1", false],
    ["*.localhost:8080", "127.0.0.1", false],
    ["127.0.0.1:8080", "127.0.0.1", true],
    ["169.254.169.254", "169.254.169.254", true],
  ])("%s may lead to %s: %j", (entry, address, expected) => {
    const allowed = parseAllowed(entry);
    expect(allowed).not.toBeNull();
    expect(allowed !== null && mayLeadTo(allowed, address)).toBe(expected);
  });
});
