import t from 'tap'
import { addressRanges, isPublicAddress, isWithin } from '../../../core/upstream/public-addresses.ts'

t.test('public is what belongs to somebody on the internet', async t => {
  const addresses = ['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '223.255.255.255', '2606:4700::1111']
  for (const address of [...addresses, '::ffff:8.8.8.8', '64:ff9b::808:808']) {
    t.equal(isPublicAddress(address), true, address)
  }
})

t.test('this machine, private networks and special ranges are not public', async t => {
  const ipv4 = ['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.255', '169.254.169.254', '172.16.0.1']
  const more = ['192.0.0.192', '192.168.0.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255']
  const ipv6 = ['::', '::1', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'ff02::1', '2001:db8::1']
  const mapped = ['::ffff:127.0.0.1', '::ffff:0:0', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2001::1']
  for (const address of [...ipv4, '168.63.129.16', ...more, ...ipv6, ...mapped, '', 'localhost', '127.1']) {
    t.equal(isPublicAddress(address), false, address)
  }
})

t.test('a range holds an address in either of its forms', async t => {
  const ranges = addressRanges(['10.0.0.0/8', '192.168.1.1', 'fd00::/8'])
  const within = ['10.1.2.3', '::ffff:10.1.2.3', '192.168.1.1', '192.168.1.2', 'fd12::1', 'fe80::1', 'nothing']
  t.strictSame(
    within.map(address => isWithin(ranges, address)),
    [true, true, true, false, true, false, false]
  )
})
