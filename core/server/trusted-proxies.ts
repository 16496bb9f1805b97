/**
 * The addresses whose word about a client is believed. Knows addresses and
 * ranges, nothing of requests.
 */
import { AddressSet, parseAddressRange } from '../contract/addresses.ts'
import { GatewayError } from '../errors.ts'

export { plainAddress } from '../contract/addresses.ts'

/** A set of addresses and CIDR ranges. */
export class TrustedProxies {
  readonly #ranges: AddressSet
  readonly #empty: boolean

  /**
   * @param ranges such as `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`.
   * @throws GatewayError `TACIT_TRUSTED_PROXY_INVALID` for anything else.
   */
  constructor(ranges: readonly string[]) {
    this.#empty = ranges.length === 0
    if (!ranges.every(range => parseAddressRange(range) !== undefined)) {
      throw new GatewayError(
        'TACIT_TRUSTED_PROXY_INVALID',
        'An entry of `trustedProxies` is neither an address nor a CIDR range.',
        'Write it as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`.'
      )
    }
    this.#ranges = new AddressSet(ranges)
  }

  /** Whether this address is one of them. */
  trusts(address: string): boolean {
    return !this.#empty && this.#ranges.has(address)
  }
}
