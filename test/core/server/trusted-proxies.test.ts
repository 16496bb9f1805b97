import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { plainAddress, TrustedProxies } from '../../../core/server/trusted-proxies.ts'

t.test('trusts the addresses and ranges it was given, and no others', async t => {
  const trusted = new TrustedProxies(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', 'fd00::1', '172.16.0.0/12'])
  for (const address of ['192.0.2.7', '10.0.0.0', '10.255.255.255', '2001:db8:ffff::1', 'fd00::1', '172.31.255.255']) {
    t.equal(trusted.trusts(address), true, address)
  }
  for (const address of [
    '192.0.2.8',
    '11.0.0.0',
    '2001:db9::1',
    'fd00::2',
    '172.32.0.0',
    '',
    'unknown',
    '10.0.0',
    'fd00::1%lo'
  ]) {
    t.equal(trusted.trusts(address), false, address)
  }
})

t.test('trusts nobody when nobody is named', async t => {
  t.equal(new TrustedProxies([]).trusts('127.0.0.1'), false)
})

t.test('takes whole families by a prefix of no bits', async t => {
  const trusted = new TrustedProxies(['0.0.0.0/0'])
  t.equal(trusted.trusts('203.0.113.1'), true)
  t.equal(trusted.trusts('2001:db8::1'), false)
})

t.test('refuses what is no address and no range', async t => {
  const wrong = [
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0',
    '/8',
    '1.2.3.4/8/8',
    '10.0.0.0/8x',
    '010.0.0.1'
  ]
  for (const range of wrong) {
    try {
      new TrustedProxies([range])
      t.fail(range)
    } catch (error) {
      t.ok(error instanceof GatewayError)
      t.match(error, { code: 'TACIT_TRUSTED_PROXY_INVALID' }, range)
    }
  }
})

t.test('reads an IPv4 address on an IPv6 socket as what it is', async t => {
  t.equal(plainAddress('::ffff:192.0.2.7'), '192.0.2.7')
  t.equal(plainAddress('::FFFF:192.0.2.7'), '192.0.2.7')
  t.equal(plainAddress('192.0.2.7'), '192.0.2.7')
  t.equal(plainAddress('::1'), '::1')
  t.equal(plainAddress('::ffff:c000:207'), '::ffff:c000:207')
})
