import { BlockList, isIP } from "node:net";

/** Where webhooks may be sent. */
export interface AddressPolicy {
  /** Why nothing is sent to this URL, as far as its text tells; null: nothing speaks against it. */
  refusal(url: URL): string | null;
  /** Whether a connection of this URL may be made to this address. */
  allows(url: URL, address: string): boolean;
}

/**
 * Webhooks go to public addresses, by https. `allowed` makes exceptions, for http too: a comma-separated
 * list of hosts (`hooks.internal`, `127.0.0.1:8025`, `[::1]:8025`; without a port: any) and networks
 * (`10.1.0.0/16`), as operators write it into `FANFOLD_WEBHOOK_ALLOW`.
 */
export function addressPolicy(allowed: string): AddressPolicy {
  const entries = allowed
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
  const hosts = new Set(entries.filter((entry) => !entry.includes("/")).map(checkedHost));
  const networks = new BlockList();
  for (const entry of entries.filter((each) => each.includes("/"))) addNetwork(networks, entry);

  const isNamed = (url: URL) => hosts.has(url.hostname) || hosts.has(withPort(url));
  const isInNetworks = (address: string) => networks.check(address, familyOf(address));
  return {
    allows: (url, address) => isNamed(url) || isInNetworks(address) || isPublic(address),
    refusal: (url) => {
      if (url.protocol !== "https:" && url.protocol !== "http:") return "must be an https address";
      if (url.username !== "" || url.password !== "") return "must not contain credentials";
      const literal = literalOf(url);
      if (isNamed(url) || (literal && isInNetworks(literal))) return null;
      if (literal && !isPublic(literal)) return `must not lead to ${literal}, which is not public`;
      return url.protocol === "https:" ? null : "must be an https address";
    },
  };
}

// --- internal ---

/** IANA's special-purpose addresses that are not reachable globally, multicast, and reserved ones. */
const SPECIAL_V4: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Everything outside is special: loopback, link-local, unique local, multicast, and what comes. */
const PUBLIC_V6 = blockList([
  ["2000::", 3],
  // IPv4 behind a prefix, judged by the address inside: NAT64 and IPv4-mapped.
  ["64:ff9b::", 96],
  ["::ffff:0:0", 96],
]);

const SPECIAL = blockList([
  ...SPECIAL_V4,
  ...SPECIAL_V4.map(([network, prefix]) => [`64:ff9b::${network}`, 96 + prefix] as const),
  ...SPECIAL_V4.map(([network, prefix]) => [sixToFour(network), 16 + prefix] as const),
  // Teredo, benchmarks and other protocol assignments; documentation.
  ["2001::", 23],
  ["2001:db8::", 32],
  ["3fff::", 20],
]);

function isPublic(address: string): boolean {
  const family = familyOf(address);
  if (SPECIAL.check(address, family)) return false;
  return family === "ipv4" ? isIP(address) === 4 : PUBLIC_V6.check(address, family);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** The IP address that a URL names as its host, if it does; every spelling of one is normal by now. */
function literalOf({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 ? null : bare;
}

function withPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** As URLs spell it. */
function checkedHost(entry: string): string {
  const url = URL.parse(`http://${entry}/`);
  if (!url || url.href !== `http://${url.host}/`) throw notAnEntry(entry);
  return /:\d+$/.test(entry.replace(/^\[.*\]/, "")) ? withPort(url) : url.hostname;
}

function addNetwork(networks: BlockList, entry: string): void {
  const [network = "", prefix = "", ...more] = entry.split("/");
  if (isIP(network) === 0 || !/^\d+$/.test(prefix) || more.length > 0) throw notAnEntry(entry);
  networks.addSubnet(network, Number(prefix), familyOf(network));
}

function notAnEntry(entry: string): TypeError {
  return new TypeError(
    `FANFOLD_WEBHOOK_ALLOW takes hosts (host, host:port) and networks (10.0.0.0/8), got "${entry}"`,
  );
}

function blockList(networks: readonly (readonly [network: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, familyOf(network));
  return list;
}

/** 2002:a.b.c.d:: */
function sixToFour(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `2002:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}::`;
}
