/**
 * Which addresses may be reached: public ones, and what the operator allows
 * besides. Pure; looks up nothing.
 */
import { hostFault, networkFault } from '../configuration/addresses.ts'
import { GatewayError } from '../errors.ts'
import { addressRanges, isPublicAddress, isWithin } from './public-addresses.ts'

/** What may be reached. */
export class Reach {
  readonly #names: ReadonlySet<string>
  readonly #ranges: ReturnType<typeof addressRanges>

  /**
   * @param allow addresses, CIDR ranges and host names (in lower case, exactly as URLs have them) that may be reached
   * although they are not public. A name may then resolve to any address.
   * @throws GatewayError `TACIT_FETCH_ALLOW_INVALID` for an entry that is neither.
   */
  constructor(allow: readonly string[]) {
    this.#names = new Set(allow.filter(entry => networkFault(entry) !== undefined))
    this.#ranges = addressRanges(allow.filter(entry => !this.#names.has(entry)))
    for (const name of this.#names) {
      if (hostFault(name) === undefined && !/[*[]/.test(name)) continue
      throw new GatewayError(
        'TACIT_FETCH_ALLOW_INVALID',
        'What is allowed to be reached is neither an address, a CIDR range nor a host name.',
        'Write it as `10.1.2.3`, `10.0.0.0/8`, `fd00::/8` or `detector.internal`.'
      )
    }
  }

  /** Whether a name may resolve to any address. */
  allowsName(name: string): boolean {
    return this.#names.has(name)
  }

  /** Whether an address may be reached. */
  allowsAddress(address: string): boolean {
    return isPublicAddress(address) || isWithin(this.#ranges, address)
  }

  /**
   * Whether a name that resolves to these addresses may be reached. One that may not spoils all: which one is tried is
   * chance.
   */
  allows(name: string, addresses: readonly { readonly address: string }[]): boolean {
    return this.#names.has(name) || addresses.every(({ address }) => this.allowsAddress(address))
  }
}
