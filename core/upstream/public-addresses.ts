/**
 * Which addresses are somebody else's on the public internet. Everything else
 * (this machine, private networks, the metadata services of clouds) is reached
 * only where the operator said so. Pure; knows nothing of names or requests.
 */
import { BlockList, isIP } from 'node:net'

/** Not globally reachable, by the IANA IPv4 special-purpose registry (RFC 6890), multicast (RFC 5771) and what clouds made of public ranges. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // The host agent of Azure, which answers to virtual machines only.
  '168.63.129.16/32'
]

/** Global unicast (RFC 4291, 2.4): nothing outside of it is public. */
const GLOBAL_IPV6 = ['2000::/3']

/** Exceptions within global unicast, by the IANA IPv6 special-purpose registry. 6to4 and Teredo hold an IPv4 address that may be any. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** IPv6 addresses that mean an IPv4 address, in their last 32 bits: mapped (RFC 4291, 2.5.5.2) and translated (RFC 6052, 2.1). */
const HOLDING_IPV4 = addressRanges(['::ffff:0:0/96', '64:ff9b::/96'])

const special = addressRanges([...SPECIAL_IPV4, ...SPECIAL_IPV6])
const global = addressRanges(GLOBAL_IPV6)

/** Makes a set of ranges, each an address or in CIDR notation and sound. */
export function addressRanges(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const version = isIP(address)
    const most = version === 4 ? 32 : 128
    list.addSubnet(address, bits === undefined ? most : Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** Whether one of the ranges holds the address, itself or as the IPv4 address that it means. */
export function isWithin(ranges: BlockList, address: string): boolean {
  const ipv4 = ipv4Of(address)
  if (ipv4 !== undefined && ranges.check(ipv4, 'ipv4')) return true
  return isIP(address) === 6 && !address.includes('%') && ranges.check(address, 'ipv6')
}

/** Whether an address is public. What is no address, or has a zone, is not. */
export function isPublicAddress(address: string): boolean {
  const ipv4 = ipv4Of(address)
  if (ipv4 !== undefined) return !special.check(ipv4, 'ipv4')
  if (isIP(address) !== 6 || address.includes('%')) return false
  return global.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** The IPv4 address that an address is or means. */
function ipv4Of(address: string): string | undefined {
  const version = isIP(address)
  if (version === 4) return address
  if (version !== 6 || address.includes('%') || !HOLDING_IPV4.check(address, 'ipv6')) return undefined
  // A URL writes every IPv6 address in one way (RFC 5952, without the dotted form).
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':')
  const [high, low] = groups.slice(-2).map(group => Number.parseInt(group || '0', 16))
  if (high === undefined || low === undefined) return undefined
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
