import { BlockList, isIP } from 'node:net'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import t from 'tap'
import { Addresses, AddressSet, parseAddressRange, plainAddress } from '../../../core/contract/addresses.ts'

t.test('reads addresses and ranges, and nothing else', t => {
  t.strictSame(parseAddressRange('192.0.2.7'), { family: 4, prefix: 0xc0000207n, rest: 0n })
  t.strictSame(parseAddressRange('10.0.0.0/8'), { family: 4, prefix: 10n, rest: 24n })
  t.strictSame(parseAddressRange('0.0.0.0/0'), { family: 4, prefix: 0n, rest: 32n })
  t.strictSame(parseAddressRange('2001:db8::/32'), { family: 6, prefix: 0x20010db8n, rest: 96n })
  t.strictSame(parseAddressRange('::1'), { family: 6, prefix: 1n, rest: 0n })
  const none = ['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', 'fe80::1%eth0', '10.0.0', 'a']
  for (const text of [
    ...none,
    '10.0.0.01',
    '10.0.0.256',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    '12345::'
  ]) {
    t.equal(parseAddressRange(text), undefined, text)
  }
  t.end()
})

t.test('takes for an address what Node takes for one, and nothing else', t => {
  const group = fc.oneof(
    fc.constantFrom('', '0', '1', 'ffff', 'FFFF', '0db8', '10000', 'g', '1.2.3.4'),
    fc.nat(0x1ffff).map(number => number.toString(16))
  )
  const ipv6 = fc.array(group, { maxLength: 10 }).map(groups => groups.join(':'))
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), ipv6), text => {
      return (parseAddressRange(text) !== undefined) === (isIP(text) !== 0)
    })
  )
  const addresses = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128))
  fc.assert(
    fc.property(addresses, ([address, other, length]) => {
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
      const bits = Math.min(length, family === 'ipv4' ? 32 : 128)
      const list = new BlockList()
      list.addSubnet(address, bits, family)
      const expected = isIP(other) === isIP(address) && list.check(other, family)
      return new AddressSet([`${address}/${bits}`]).has(other) === expected
    })
  )
  t.end()
})

t.test('holds what is in one of its ranges, over IPv6 sockets too', t => {
  const set = new AddressSet(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
  const inside = ['10.255.0.1', '192.0.2.7', '2001:db8::1', '::ffff:10.1.2.3', '::FFFF:192.0.2.7']
  const outside = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::ffff:11.0.0.1', '2001:db8::1%eth0', '', 'localhost']
  t.strictSame(
    inside.filter(address => !set.has(address)),
    []
  )
  t.strictSame(
    outside.filter(address => set.has(address)),
    []
  )
  t.equal(new AddressSet([]).has('10.0.0.1'), false)
  t.throws(() => new AddressSet(['10.0.0.0/40']), TypeError)
  t.end()
})

t.test('knows an IPv4 address that came over an IPv6 socket', t => {
  t.equal(plainAddress('::ffff:192.0.2.7'), '192.0.2.7')
  t.equal(plainAddress('::1'), '::1')
  t.equal(plainAddress('192.0.2.7'), '192.0.2.7')
  t.equal(plainAddress('::ffff:c000:207'), '::ffff:c000:207')
  t.end()
})

t.test('makes a set of what an operator writes', t => {
  const set = Value.Decode(Addresses(), ['10.0.0.0/8'])
  t.equal(set.has('10.0.0.1'), true)
  t.strictSame(set.ranges, ['10.0.0.0/8'])
  t.throws(() => Value.Encode(Addresses(), set))
  t.end()
})
