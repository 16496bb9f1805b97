/** Sets of addresses, as operators write them. Pure: computes with addresses and opens nothing. */
import { BlockList, isIP } from 'node:net'
import { type TArray, type TString, type TTransform, Type } from '@sinclair/typebox'

/** One range: an address with the number of leading bits that count. */
export interface AddressRange {
  readonly address: string
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

const BITS = { ipv4: 32, ipv6: 128 } as const

/** `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32` (RFC 4632, 3.1; RFC 4291, 2.3); undefined for anything else. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const family = familyOf(address)
  if (family === undefined) return undefined
  if (slash === -1) return { address, bits: BITS[family], family }
  const length = text.slice(slash + 1)
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : -1
  return bits >= 0 && bits <= BITS[family] ? { address, bits, family } : undefined
}

/** An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.7`) as the IPv4 address it is; others unchanged. */
export function plainAddress(address: string): string {
  if (address.charCodeAt(0) !== 0x3a) return address
  const mapped = address.slice(0, 7).toLowerCase() === '::ffff:' ? address.slice(7) : ''
  return isIP(mapped) === 4 ? mapped : address
}

/** A set of addresses and ranges. */
export class AddressSet {
  /** As they were written. */
  readonly ranges: readonly string[]
  readonly #list = new BlockList()

  /** @throws TypeError for a text that is neither an address nor a range. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges
    for (const text of ranges) {
      const range = parseAddressRange(text)
      if (range === undefined) throw new TypeError('neither an address nor a range of addresses')
      this.#list.addSubnet(range.address, range.bits, range.family)
    }
  }

  /** Whether an address is in the set. What is no address, or has a zone, never is. */
  has(address: string): boolean {
    const plain = plainAddress(address)
    const family = familyOf(plain)
    return family !== undefined && this.#list.check(plain, family)
  }
}

/** A list of addresses and CIDR ranges, or one of them; decodes to an {@link AddressSet}. */
export function Addresses(
  options: { readonly description?: string; readonly default?: readonly string[] } = {}
): TTransform<TArray<TString>, AddressSet> {
  const item = Type.String({ unit: 'network', pattern: '^[0-9A-Fa-f.:]+(?:/[0-9]{1,3})?$' })
  return Type.Transform(Type.Array(item, { ...options, orOne: true }))
    .Decode(texts => new AddressSet(texts))
    .Encode(() => {
      throw new TypeError('addresses are read, never written')
    })
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 4) return 'ipv4'
  return version === 6 && !address.includes('%') ? 'ipv6' : undefined
}
