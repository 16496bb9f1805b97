import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { Addresses, AddressSet, parseAddressRange, plainAddress } from '../../../core/contract/addresses.ts'

t.test('reads addresses and ranges, and nothing else', t => {
  t.strictSame(parseAddressRange('192.0.2.7'), { address: '192.0.2.7', bits: 32, family: 'ipv4' })
  t.strictSame(parseAddressRange('10.0.0.0/8'), { address: '10.0.0.0', bits: 8, family: 'ipv4' })
  t.strictSame(parseAddressRange('2001:db8::/32'), { address: '2001:db8::', bits: 32, family: 'ipv6' })
  t.strictSame(parseAddressRange('::1'), { address: '::1', bits: 128, family: 'ipv6' })
  for (const text of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '10.0.0',
    'a'
  ]) {
    t.equal(parseAddressRange(text), undefined, text)
  }
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
