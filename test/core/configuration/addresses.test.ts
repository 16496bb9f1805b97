import fc from 'fast-check'
import t from 'tap'
import {
  FORMS,
  hostFault,
  isEverybody,
  networkFault,
  originFault,
  pathFault,
  redisUrlFault
} from '../../../core/configuration/addresses.ts'

const faults = (judge: (text: string) => string | undefined, texts: readonly string[]) =>
  Object.fromEntries(texts.map(text => [text, judge(text)]))

t.test('takes names, wildcards in front and addresses for hosts', async t => {
  const sound = [
    'localhost',
    'api.example.com',
    '*.example.com',
    '10.0.0.7',
    '[::1]',
    'xn--bcher-kva.example',
    'a_b.internal'
  ]
  t.strictSame(faults(hostFault, sound), Object.fromEntries(sound.map(host => [host, undefined])))
})

t.test('says what is wrong with a host', async t => {
  const wrong = [
    '',
    '*',
    'a.*.com',
    '*.*.com',
    'a:80',
    '::1',
    '[::1',
    '[a]',
    'A.com',
    'a.com.',
    'a..b',
    '-a.com',
    'http://a',
    'a/b',
    'a b',
    'u@a',
    'bücher.example',
    '256.1.1.1',
    'a'.repeat(64)
  ]
  for (const [host, fault] of Object.entries(faults(hostFault, wrong))) t.type(fault, 'string', host)
  t.equal(hostFault('a:80'), 'holds a port')
  t.equal(hostFault('::1'), 'is an IPv6 address without brackets')
})

t.test('takes an origin with an optional path for the URL of a peer', async t => {
  const sound = [
    'http://localhost',
    'https://eu.example.com',
    'https://eu.example.com:8443',
    'https://eu.example.com/',
    'https://eu.example.com/openai/v1',
    'http://[::1]:8080'
  ]
  t.strictSame(faults(originFault, sound), Object.fromEntries(sound.map(url => [url, undefined])))
})

t.test('says what is wrong with the URL of a peer', async t => {
  t.strictSame(
    faults(originFault, [
      'eu.example.com',
      'https:eu.example.com',
      'https://',
      'https:///eu',
      'https://..',
      'https://u:p@eu',
      'https://@eu',
      'https://eu?',
      'https://eu/#',
      'https://eu:0',
      'https://eu:x',
      'https://e u',
      'https://eu\\x',
      'https://eu/../x',
      'https://eu/..',
      'https://eu//x'
    ]),
    {
      'eu.example.com': 'does not begin with http:// or https://',
      'https:eu.example.com': 'does not begin with http:// or https://',
      'https://': 'is no URL',
      'https:///eu': 'names no host',
      'https://..': 'names no host',
      'https://u:p@eu': 'holds credentials',
      'https://@eu': 'holds credentials',
      'https://eu?': 'holds a query',
      'https://eu/#': 'holds a fragment',
      'https://eu:0': 'has the port 0',
      'https://eu:x': 'is no URL',
      'https://e u': 'holds a space or a backslash',
      'https://eu\\x': 'holds a space or a backslash',
      'https://eu/../x': 'holds a dot segment',
      'https://eu/..': 'holds a dot segment',
      'https://eu//x': 'holds an empty segment'
    }
  )
})

t.test('takes addresses and ranges for networks', async t => {
  t.strictSame(
    faults(networkFault, [
      '10.0.0.7',
      '10.0.0.0/8',
      '0.0.0.0/0',
      '::1',
      'fd00::/8',
      '::/0',
      '10.0.0.0/33',
      'fd00::/129',
      '10.0.0.0/',
      '10.0.0.0/-1',
      'proxy',
      'fe80::1%eth0',
      '10.0.0'
    ]),
    {
      '10.0.0.7': undefined,
      '10.0.0.0/8': undefined,
      '0.0.0.0/0': undefined,
      '::1': undefined,
      'fd00::/8': undefined,
      '::/0': undefined,
      '10.0.0.0/33': 'has a prefix that is not from 0 to 32',
      'fd00::/129': 'has a prefix that is not from 0 to 128',
      '10.0.0.0/': 'has a prefix that is not from 0 to 32',
      '10.0.0.0/-1': 'has a prefix that is not from 0 to 32',
      proxy: 'is no address',
      'fe80::1%eth0': 'is no address',
      '10.0.0': 'is no address'
    }
  )
  t.strictSame(['0.0.0.0/0', '::/0', '10.0.0.0/8', '10.0.0.0'].map(isEverybody), [true, true, false, false])
})

t.test('finds paths that no request can have', async t => {
  t.strictSame(
    faults(pathFault, [
      '/',
      '/v1/*',
      '/a%20b',
      '/a.b/..c',
      '/v1?',
      '/v1#',
      '/a\\b',
      '/a b',
      '/ü',
      '//',
      '/./a',
      '/a/..',
      '/a/..;x',
      '/a%',
      '/a%2',
      '/a%2F',
      '/a%5c',
      '/a%2e',
      '/a%41',
      '/a%00'
    ]),
    {
      '/': undefined,
      '/v1/*': undefined,
      '/a%20b': undefined,
      '/a.b/..c': undefined,
      '/v1?': 'holds a query',
      '/v1#': 'holds a fragment',
      '/a\\b': 'holds a backslash',
      '/a b': 'holds a character that must be escaped',
      '/ü': 'holds a character that must be escaped',
      '//': 'holds an empty segment',
      '/./a': 'holds a dot segment',
      '/a/..': 'holds a dot segment',
      '/a/..;x': 'holds a dot segment',
      '/a%': 'holds a broken escape',
      '/a%2': 'holds a broken escape',
      '/a%2F': 'holds an escape that requests are refused for',
      '/a%5c': 'holds an escape that requests are refused for',
      '/a%2e': 'holds an escape that requests are refused for',
      '/a%41': 'holds an escape that requests are refused for',
      '/a%00': 'holds an escape that requests are refused for'
    }
  )
})

t.test('the address of a Redis names a host, perhaps a port, and nothing else', async t => {
  t.strictSame(
    faults(redisUrlFault, [
      'redis://10.0.0.7',
      'redis://10.0.0.7:6379',
      'rediss://redis.example.com:6380/',
      'redis://[fd00::7]:6379',
      'redis:10.0.0.7',
      '10.0.0.7:6379',
      'https://10.0.0.7',
      'REDIS://a',
      'redis://',
      'redis:///0',
      'redis://.',
      'redis://a:70000',
      'redis://a:0',
      'redis://user:hunter2@a',
      'redis://a/2',
      'redis://a//',
      'rediss://http://..',
      'redis://a/b/..',
      'redis://a?db=2',
      'redis://a#x',
      'redis://a b',
      'redis://a\\b'
    ]),
    {
      'redis://10.0.0.7': undefined,
      'redis://10.0.0.7:6379': undefined,
      'rediss://redis.example.com:6380/': undefined,
      'redis://[fd00::7]:6379': undefined,
      'redis:10.0.0.7': 'does not begin with redis:// or rediss://',
      '10.0.0.7:6379': 'does not begin with redis:// or rediss://',
      'https://10.0.0.7': 'does not begin with redis:// or rediss://',
      'REDIS://a': 'does not begin with redis:// or rediss://',
      'redis://': 'is no URL',
      'redis:///0': 'names no host',
      'redis://.': 'names no host',
      'redis://a:70000': 'is no URL',
      'redis://a:0': 'has the port 0',
      'redis://user:hunter2@a': 'holds credentials',
      'redis://a/2': 'holds a path',
      'redis://a//': 'holds a path',
      'rediss://http://..': 'holds a path',
      'redis://a/b/..': 'holds a path',
      'redis://a?db=2': 'holds a query',
      'redis://a#x': 'holds a fragment',
      'redis://a b': 'holds a space or a backslash',
      'redis://a\\b': 'holds a space or a backslash'
    }
  )
})

t.test('whatever is sound has the form that editors are told', async t => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  const piece = fc.constantFrom(
    'a',
    '1',
    '.',
    '-',
    '*',
    ':',
    '/',
    '[',
    ']',
    'A',
    '@',
    '?',
    '#',
    'http://',
    '::1',
    '%20'
  )
  const text = fc.array(piece, { maxLength: 6 }).map(pieces => pieces.join(''))
  const name = fc.domain()
  const sound = { host: 0, origin: 0, redis: 0, network: 0, matchedPath: 0, sentPath: 0 }
  const judge = (form: keyof typeof FORMS, text: string, fault: string | undefined): void => {
    if (fault !== undefined) return
    sound[form]++
    if (!new RegExp(FORMS[form], 'u').test(text)) throw new Error(`${text} is sound, and has not the form`)
  }
  const hosts = fc.oneof(
    text,
    name,
    address,
    name.map(host => `*.${host}`),
    fc.ipV6().map(host => `[${host}]`)
  )
  const networks = fc.oneof(
    text,
    address,
    fc.tuple(address, fc.nat(129)).map(([host, bits]) => `${host}/${bits}`)
  )
  fc.assert(
    fc.property(fc.oneof(hosts, networks, fc.webUrl(), text), text => {
      judge('host', text, hostFault(text))
      judge('origin', text, originFault(text))
      judge('origin', `HTTPS://${text}`, originFault(`HTTPS://${text}`))
      judge('redis', text, redisUrlFault(text))
      judge('redis', `rediss://${text}`, redisUrlFault(`rediss://${text}`))
      judge('network', text, networkFault(text))
      const path = `/${text}`
      judge('sentPath', path, path.includes('*') ? 'holds a star' : pathFault(path))
      const star = path.indexOf('*')
      const isWildcard = path.endsWith('/*') && star === path.length - 1
      judge('matchedPath', path, star === -1 || isWildcard ? pathFault(path) : 'has a star elsewhere')
    }),
    { numRuns: 3_000 }
  )
  for (const [form, count] of Object.entries(sound)) t.ok(count > 100, `${count} of ${form}`)
})
