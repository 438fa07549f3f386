import { BlockList, isIP } from "node:net";
import type { Allowed } from "../../../config/allow-list.ts";

/** `odd`: of one link, of many, of a tunnel into IPv4, or of nobody. */
type AddressKind = "public" | "private" | "loopback" | "odd";

const KINDS: readonly (readonly [AddressKind, BlockList])[] = [
  ["loopback", blockOf("127.0.0.0/8", "::1/128")],
  ["private", blockOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")],
  [
    "odd",
    blockOf(
      ...["0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
      ...["::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"],
      ...["fe80::/10", "fec0::/10", "ff00::/8"],
    ),
  ],
];

function blockOf(...ranges: readonly string[]): BlockList {
  const block = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    block.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  return block;
}

/** An IPv4 address inside an IPv6 one counts as itself. */
export function kindOfAddress(address: string): AddressKind {
  const family = address.includes(":") ? "ipv6" : "ipv4";
  return KINDS.find(([, block]) => block.check(address, family))?.[0] ?? "public";
}

/**
 * Whether a host of the list may turn out to be this address. Whoever owns a name says where it leads, so what is not
 * public takes more than the name: its port beside it for a private network, `localhost` for this machine.
 */
export function mayLeadTo({ host, wildcard, port }: Allowed, address: string): boolean {
  if (isIP(host) !== 0) return true;
  const isMeant = !wildcard && port !== null;
  switch (kindOfAddress(address)) {
    case "public":
      return true;
    case "private":
      return isMeant;
    case "loopback":
      return isMeant && host === "localhost";
    case "odd":
      return false;
  }
}
