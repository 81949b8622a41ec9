/**
 * Keeps git away from networks a caller must not reach through the platform: loopback, private, link-local, and the
 * addresses where clouds hand out credentials.
 *
 * The host's name is resolved here, every address is judged, and the caller pins git to exactly those, so a name that
 * answers differently the next time gains nothing. Local mode opens loopback and private networks, never link-local.
 * A host in `allowedHosts` is not judged.
 * Throws AppError invalid/`repo_url_refused`, unavailable/`repo_unreachable`.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AppError, messageOf } from '../errors/app-error.js';
import { urlRefused } from './repository-address.js';

const rangesOf = (...ranges: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return list;
};
/** Never for git: metadata services, multicast, and addresses without a machine. */
const NEVER = rangesOf(
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
);
const INSIDE = rangesOf(
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::', 127],
  ['fc00::', 7],
  ['64:ff9b::', 96],
);

export interface NetworkRules {
  readonly localMode: boolean;
  readonly allowedHosts: readonly string[];
}

export type AddressVerdict = 'open' | 'inside' | 'never';
/** Where an IP address lies; IPv4 inside IPv6 (`::ffff:10.0.0.1`) counts as the IPv4 address. */
export function judgeAddress(address: string): AddressVerdict {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (NEVER.check(plain, family)) return 'never';
  return INSIDE.check(plain, family) ? 'inside' : 'open';
}

/** The addresses git may speak to for `host`. */
export async function reachableAddresses(host: string, rules: NetworkRules): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? (await lookup(host, { all: true })).map((found) => found.address) : [host];
  } catch (cause) {
    throw new AppError('unavailable', 'repo_unreachable', `The host ${host} cannot be resolved: ${messageOf(cause)}`, {
      cause,
      fields: [
        { field: 'source.repo_url', message: `${host} cannot be resolved`, mend: 'Check the name of the Git host' },
      ],
    });
  }
  if (rules.allowedHosts.some((allowed) => allowed.toLowerCase() === host.toLowerCase())) return addresses;
  for (const address of addresses) {
    const verdict = judgeAddress(address);
    if (verdict === 'open' || (verdict === 'inside' && rules.localMode)) continue;
    throw urlRefused(
      `${host} lies in a network that is not open to sources (${address})`,
      `Use a public Git host, or have an operator add ${host} to GIT_ALLOWED_HOSTS`,
    );
  }
  return addresses;
}
