/** Sets of addresses, as operators write them. Pure: computes with addresses and opens nothing. */
import { type TArray, type TString, type TTransform, Type } from '@sinclair/typebox'

/** One range of addresses: those whose leading bits are the same. */
export interface AddressRange {
  readonly family: 4 | 6
  /** The bits that count, as a number. */
  readonly prefix: bigint
  /** Bits that do not count: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly rest: bigint
}

/** An address as a number. */
interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32` (RFC 4632, 3.1; RFC 4291, 2.3); undefined for anything else. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const { family, value } = address
  const width = family === 4 ? 32 : 128
  const length = slash === -1 ? String(width) : text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) return undefined
  const rest = BigInt(width - Number(length))
  return { family, prefix: value >> rest, rest }
}

/** An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.7`) as the IPv4 address it is; others unchanged. */
export function plainAddress(address: string): string {
  if (address.charCodeAt(0) !== 0x3a) return address
  const mapped = address.slice(0, 7).toLowerCase() === '::ffff:' ? address.slice(7) : ''
  return parseIpv4(mapped) === undefined ? address : mapped
}

/** A set of addresses and ranges. */
export class AddressSet {
  /** As they were written. */
  readonly ranges: readonly string[]
  readonly #parsed: readonly AddressRange[]

  /** @throws TypeError for a text that is neither an address nor a range. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges
    this.#parsed = ranges.map(text => {
      const range = parseAddressRange(text)
      if (range === undefined) throw new TypeError('neither an address nor a range of addresses')
      return range
    })
  }

  /** Whether an address is in the set. What is no address, or has a zone, never is. */
  has(address: string): boolean {
    if (this.#parsed.length === 0) return false
    const found = parseAddress(plainAddress(address))
    if (found === undefined) return false
    return this.#parsed.some(({ family, prefix, rest }) => family === found.family && found.value >> rest === prefix)
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

function parseAddress(text: string): Address | undefined {
  const isIpv6 = text.includes(':')
  const value = isIpv6 ? parseIpv6(text) : parseIpv4(text)
  return value === undefined ? undefined : { family: isIpv6 ? 6 : 4, value }
}

/** Four numbers without leading zeros: those are octal to some (RFC 6943, 3.1.1). */
function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return BigInt(value)
}

/** Eight groups of up to four hexadecimal digits, one `::` for those that are zero, perhaps an IPv4 address at the end (RFC 4291, 2.2). */
function parseIpv6(text: string): bigint | undefined {
  if (text.length > 45) return undefined
  const [front = '', back, more] = text.split('::')
  if (more !== undefined) return undefined
  const head = groupsIn(front, back === undefined)
  const tail = back === undefined ? [] : groupsIn(back, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (back === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

/** @param isLast whether an IPv4 address may stand at the end. */
function groupsIn(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const ipv4 = isLast && index === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4 !== undefined) groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn))
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
