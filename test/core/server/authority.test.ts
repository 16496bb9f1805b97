import t from 'tap'
import { hostName, isAuthority } from '../../../core/server/authority.ts'

t.test('knows an authority', async t => {
  const good = [
    'a',
    'gw.example.com',
    'GW.example.com.',
    'gw.example.com:1',
    'gw.example.com:65535',
    'home_0.example',
    'xn--fiqs8s.example',
    '127.0.0.1',
    '127.0.0.1:8080',
    '0.0.0.0=5000',
    "a~!$&'()*+=b",
    '[::1]',
    '[::1]:8080',
    '[2001:db8::7]',
    '[::ffff:192.0.2.7]:443',
    `${'a'.repeat(253)}`,
    `${'a'.repeat(253)}.`
  ]
  for (const value of good) t.equal(isAuthority(value), true, value)
})

t.test('refuses what is no authority', async t => {
  const bad = [
    '',
    '.',
    '.a',
    'a..b',
    'a..',
    ':80',
    'a:',
    'a:0',
    'a:65536',
    'a:123456',
    'a:8o',
    'a:-1',
    'a:+1',
    'a: 80',
    'a:80:80',
    'a b',
    'a\tb',
    'a,b',
    'a, b',
    'a;b',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'u@a',
    'u:p@a',
    'http://a',
    'a%2eb',
    'a"b',
    'a<b',
    'a|b',
    'a\0b',
    'a\x7fb',
    'ä.example',
    '中.example',
    '::1',
    '[::1',
    '::1]',
    '[]',
    '[::1]x',
    '[::1]:',
    '[::1]:0',
    '[::1]:99999',
    '[::g]',
    '[127.0.0.1]',
    '[fe80::1%eth0]',
    '[fe80::1%25eth0]',
    '[v1.a]',
    '[::1][::1]',
    'a[::1]',
    'a'.repeat(255)
  ]
  for (const value of bad) t.equal(isAuthority(value), false, JSON.stringify(value))
})

t.test('gives one name to all spellings of a host', async t => {
  t.equal(hostName('gw.example.com'), 'gw.example.com')
  t.equal(hostName('GW.Example.COM.:8080'), 'gw.example.com')
  t.equal(hostName('gw.example.com.'), 'gw.example.com')
  t.equal(hostName('127.0.0.1:80'), '127.0.0.1')
  t.equal(hostName('[2001:DB8::7]:443'), '[2001:db8::7]')
  t.equal(hostName('[::1]'), '[::1]')
})
