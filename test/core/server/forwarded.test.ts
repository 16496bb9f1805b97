import t from 'tap'
import {
  type Arrival,
  addForwarded,
  clientAddress,
  isLoop,
  passedBack,
  passedOn
} from '../../../core/server/forwarded.ts'
import { type RequestHead, readHead } from '../../../core/server/head.ts'
import { TrustedProxies } from '../../../core/server/trusted-proxies.ts'

const trusted = new TrustedProxies(['10.0.0.0/8', '2001:db8::/32'])

t.test('the client is the socket unless a trusted proxy stands between', async t => {
  t.equal(clientAddress('203.0.113.1', undefined, trusted), '203.0.113.1')
  t.equal(clientAddress('203.0.113.1', '198.51.100.1', trusted), '203.0.113.1')
  t.equal(clientAddress('10.0.0.1', undefined, trusted), '10.0.0.1')
  t.equal(clientAddress('::ffff:203.0.113.1', undefined, trusted), '203.0.113.1')
  t.equal(clientAddress(undefined, '198.51.100.1', trusted), 'unknown')
})

t.test('the client is the last address that no trusted proxy has', async t => {
  const behind = (forwardedFor: string) => clientAddress('::ffff:10.0.0.1', forwardedFor, trusted)
  t.equal(behind('198.51.100.1'), '198.51.100.1')
  t.equal(behind('127.0.0.1, 198.51.100.1'), '198.51.100.1')
  t.equal(behind('198.51.100.1,10.1.1.1,\t2001:db8::5'), '198.51.100.1')
  t.equal(behind('10.3.3.3, 10.2.2.2'), '10.3.3.3')
  t.equal(behind('198.51.100.1:4711'), '198.51.100.1')
  t.equal(behind('[2001:db9::1]:4711, 10.0.0.2'), '2001:db9::1')
  t.equal(behind('2001:db9::1'), '2001:db9::1')
  t.equal(behind('::ffff:198.51.100.1'), '198.51.100.1')
})

t.test('believes nothing left of an entry that is no address', async t => {
  const behind = (forwardedFor: string) => clientAddress('10.0.0.1', forwardedFor, trusted)
  for (const nonsense of ['unknown', '', '_hidden', '1.2.3', 'localhost', '[::1', '10.0.0.0/8', 'fe80::1%eth0']) {
    t.equal(behind(`198.51.100.1, ${nonsense}`), '10.0.0.1', nonsense)
    t.equal(behind(`198.51.100.1, ${nonsense}, 10.0.0.9`), '10.0.0.9', nonsense)
  }
  t.equal(behind(','), '10.0.0.1')
  t.equal(behind(', 198.51.100.1'), '198.51.100.1')
})

const arrival: Arrival = {
  peerAddress: '10.0.0.1',
  peerTrusted: false,
  secure: false,
  httpVersion: '1.1',
  pseudonym: 'tacit-1',
  revealClient: true
}

function head(rawHeaders: readonly string[], peerTrusted: boolean): RequestHead {
  const read = readHead('GET', '/', '1.1', ['Host', 'gw.example', ...rawHeaders], peerTrusted)
  if (typeof read === 'string') throw new Error(read)
  return read
}

function forwarded(rawHeaders: readonly string[], facts: Partial<Arrival> = {}): readonly string[] {
  const whole = { ...arrival, ...facts }
  const read = head(rawHeaders, whole.peerTrusted)
  addForwarded(read.headers, read, whole)
  return read.headers.slice(2)
}

const CLAIMED = [
  ...['X-Forwarded-For', '127.0.0.1', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'admin.example'],
  ...['X-Forwarded-Port', '443']
]

t.test('replaces what an untrusted peer says of its way', async t => {
  const own = ['x-forwarded-for', '10.0.0.1', 'x-forwarded-proto', 'http', 'x-forwarded-host', 'gw.example']
  t.strictSame(forwarded(CLAIMED), [...own, 'via', '1.1 tacit-1'])
  t.strictSame(forwarded([]), [...own, 'via', '1.1 tacit-1'])
  t.strictSame(forwarded(['Via', '1.0 old', 'Via', '1.1 edge']), [...own, 'via', '1.0 old, 1.1 edge, 1.1 tacit-1'])
})

t.test('continues what a trusted proxy says of the way', async t => {
  t.strictSame(forwarded(CLAIMED, { peerTrusted: true }), [
    ...['x-forwarded-for', '127.0.0.1, 10.0.0.1', 'x-forwarded-proto', 'https', 'x-forwarded-host', 'admin.example'],
    ...['x-forwarded-port', '443', 'via', '1.1 tacit-1']
  ])
})

t.test('takes from several proxies the word of the nearest', async t => {
  t.strictSame(
    forwarded(['X-Forwarded-Proto', 'http, https', 'X-Forwarded-Host', 'a.example', 'X-Forwarded-Host', 'b.example'], {
      peerTrusted: true
    }),
    ['x-forwarded-for', '10.0.0.1', 'x-forwarded-proto', 'https', 'x-forwarded-host', 'b.example', 'via', '1.1 tacit-1']
  )
})

t.test('takes nonsense from nobody', async t => {
  t.strictSame(
    forwarded(['X-Forwarded-Proto', 'gopher', 'X-Forwarded-Host', 'a/b', 'X-Forwarded-Port', '99999999'], {
      peerTrusted: true,
      secure: true,
      httpVersion: '1.0'
    }),
    [
      'x-forwarded-for',
      '10.0.0.1',
      'x-forwarded-proto',
      'https',
      'x-forwarded-host',
      'gw.example',
      'via',
      '1.0 tacit-1'
    ]
  )
})

t.test('keeps the address of the client to itself where it is not to be told', async t => {
  t.strictSame(forwarded(CLAIMED, { peerTrusted: true, revealClient: false }), [
    ...['x-forwarded-proto', 'https', 'x-forwarded-host', 'admin.example', 'x-forwarded-port', '443'],
    ...['via', '1.1 tacit-1']
  ])
})

t.test('recognises a request that has been here', async t => {
  for (const via of [
    '1.1 tacit-1',
    '1.1 a, 1.1 tacit-1',
    '1.1 tacit-1, 1.1 b',
    '1.0 tacit-1 (comment)',
    'HTTP/1.1\ttacit-1'
  ]) {
    t.equal(isLoop(via, 'tacit-1'), true, via)
  }
  for (const via of [undefined, '', '1.1 a', '1.1 tacit-12', '1.1 not-tacit-1', 'tacit-1']) {
    t.equal(isLoop(via, 'tacit-1'), false, String(via))
  }
  t.equal(isLoop('1.1 tacit-12, 1.1 tacit-1', 'tacit-1'), true)
})

t.test('passes on neither what belongs to the connection nor what it names', async t => {
  const read = head(
    [
      ...['Content-Type', 'text/plain', 'X-Secret', 'a', 'x-SECRET', 'b', 'X-Kept', 'c', 'TE', 'trailers'],
      ...['Connection', 'close, X-Secret, X-Forwarded-For, Content-Type, Via, Host']
    ],
    false
  )
  const passed = passedOn(read.headers, read.nominated)
  addForwarded(passed, read, arrival)
  t.strictSame(passed, [
    ...['content-type', 'text/plain', 'x-kept', 'c', 'x-forwarded-for', '10.0.0.1', 'x-forwarded-proto', 'http'],
    ...['x-forwarded-host', 'gw.example', 'via', '1.1 tacit-1']
  ])
})

t.test('passes back a response without the fields of its connection', async t => {
  t.strictSame(
    passedBack([
      ...['connection', 'keep-alive, X-Internal', 'connection', 'set-cookie', 'keep-alive', 'timeout=5'],
      ...['content-length', '2', 'x-internal', 'secret', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
      ...[
        'transfer-encoding',
        'chunked',
        'trailer',
        'x',
        'upgrade',
        'h2c',
        'proxy-authenticate',
        'Basic',
        'x-kept',
        'y'
      ]
    ]),
    ['content-length', '2', 'set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-kept', 'y']
  )
  t.strictSame(passedBack(['a', 'b']), ['a', 'b'])
})
