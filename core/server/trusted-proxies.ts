/**
 * The addresses whose word about a client is believed. Knows addresses and
 * ranges, nothing of requests.
 */
import { BlockList, isIP } from 'node:net'
import { GatewayError } from '../errors.ts'

/** A set of addresses and CIDR ranges. */
export class TrustedProxies {
  readonly #ranges = new BlockList()
  readonly #empty: boolean

  /**
   * @param ranges such as `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`.
   * @throws GatewayError `TACIT_TRUSTED_PROXY_INVALID` for anything else.
   */
  constructor(ranges: readonly string[]) {
    this.#empty = ranges.length === 0
    for (const range of ranges) {
      const slash = range.indexOf('/')
      const address = slash === -1 ? range : range.slice(0, slash)
      const family = familyOf(address)
      const bits = slash === -1 ? undefined : prefixLength(range.slice(slash + 1), family)
      if (family === undefined || bits === -1) {
        throw new GatewayError(
          'TACIT_TRUSTED_PROXY_INVALID',
          'An entry of `trustedProxies` is neither an address nor a CIDR range.',
          'Write it as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`.'
        )
      }
      if (bits === undefined) this.#ranges.addAddress(address, family)
      else this.#ranges.addSubnet(address, bits, family)
    }
  }

  /** Whether this address, in the form of {@link plainAddress}, is one of them. */
  trusts(address: string): boolean {
    if (this.#empty) return false
    const family = familyOf(address)
    return family !== undefined && this.#ranges.check(address, family)
  }
}

/** An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.7`) as the IPv4 address it is; others unchanged. */
export function plainAddress(address: string): string {
  if (address.charCodeAt(0) !== 0x3a) return address
  const mapped = address.slice(0, 7).toLowerCase() === '::ffff:' ? address.slice(7) : ''
  return isIP(mapped) === 4 ? mapped : address
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 4) return 'ipv4'
  return version === 6 && !address.includes('%') ? 'ipv6' : undefined
}

/** The bits of a prefix, or -1. */
function prefixLength(text: string, family: 'ipv4' | 'ipv6' | undefined): number {
  if (!/^\d{1,3}$/.test(text)) return -1
  const bits = Number(text)
  return bits <= (family === 'ipv4' ? 32 : 128) ? bits : -1
}
