import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { createFetch, type FetchOptions } from '../../../core/upstream/fetch.ts'
import type { Resolve } from '../../../core/upstream/names.ts'
import { makeCertificate, noCertificates } from '../../support/certificates.ts'
import { rawOf, SHARED_CASES_MISSING, sharedCases } from '../../support/shared-cases.ts'
import { startUpstream, turns } from '../../support/upstream.ts'

const LIMITS = { timeoutMs: 20_000, maxBytes: 1_000 }
const INVALID = { code: 'TACIT_FETCH_INVALID' }
const REFUSED = { code: 'TACIT_FETCH_REFUSED' }
const FAILED = { code: 'TACIT_FETCH_FAILED' }
const TIMEOUT = { code: 'TACIT_FETCH_TIMEOUT' }

/** Reaches the servers of these tests. */
const local = createFetch({ allow: ['127.0.0.1'] })
/** Reaches public addresses only. */
const nowhere = createFetch({ allow: [] })

/** Resolves every name to the given addresses. */
function resolving(...addresses: readonly string[]): Resolve {
  const found = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_name, done) => done(null, found)
}

/** What a call failed with; anything but an error of the gateway's own is thrown. */
async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  try {
    await call
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new TypeError('the call did not fail')
}

t.test('brings status and body, and sends what it was given', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(201, {}, 'made'))
  const options = { method: 'POST', headers: { 'X-One': '1' }, body: 'content', ...LIMITS }
  t.strictSame(await local(`${upstream.url}/path?query`, options), { status: 201, body: Buffer.from('made') })
  const [seen] = upstream.requests
  t.match(seen, { method: 'POST', target: '/path?query', body: Buffer.from('content') })
  t.strictSame(
    seen?.headers,
    {
      host: `127.0.0.1:${upstream.port}`,
      connection: 'keep-alive',
      'x-one': '1',
      'accept-encoding': 'identity',
      'content-length': '7'
    },
    'and nothing else'
  )
})

t.test('sends bytes as they are', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(204, {}))
  const body = Uint8Array.of(0, 255, 13, 10)
  t.strictSame(await local(upstream.url, { method: 'PUT', body, ...LIMITS }), { status: 204, body: Buffer.alloc(0) })
  t.strictSame(upstream.requests[0]?.body, Buffer.from(body))
})

t.test('uses a connection again', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  for (let call = 0; call < 3; call++) {
    await local(upstream.url, LIMITS)
    await turns()
  }
  t.strictSame([upstream.requests.length, upstream.connections], [3, 1])
})

t.test('hands out a redirect as it is', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(302, { location: '/elsewhere' }, 'gone'))
  t.strictSame(await local(upstream.url, LIMITS), { status: 302, body: Buffer.from('gone') })
  t.equal(upstream.requests.length, 1)
})

t.test('takes plain absolute URLs only', async t => {
  const urls = ['', '//127.0.0.1/', '/path', 'ftp://a.test/', 'file:///etc/passwd', 'http:/a.test/', 'http:///a.test/']
  const more = ['http://me@a.test/', 'http://a.test\\b/', 'http://a.test/b c', 'http://a.test/\tb', ' http://a.test/']
  const hosts = [
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'http://127。0。0。1/',
    'http://a%2etest/',
    'http://a.test:65536/',
    'http://[::1/'
  ]
  for (const url of [...urls, ...more, ...hosts]) await t.rejects(local(url, LIMITS), INVALID, url)
})

t.test('takes sound methods, headers, bodies and limits only', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  const options: readonly Partial<FetchOptions>[] = [
    { method: 'CONNECT' },
    { method: 'get' },
    { headers: { 'a b': '1' } },
    { headers: { a: '1\r\nb: 2' } },
    { headers: { a: '1\0' } },
    { headers: { a: 'ā' } },
    { headers: { Host: 'other.test' } },
    { headers: { 'transfer-encoding': 'chunked' } },
    { headers: { 'accept-encoding': 'gzip' } },
    { body: JSON.parse('{}') },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { timeoutMs: 2 ** 31 },
    { maxBytes: -1 },
    { maxBytes: Number.POSITIVE_INFINITY }
  ]
  for (const wrong of options) await t.rejects(local(upstream.url, { ...LIMITS, ...wrong }), INVALID)
  t.equal(upstream.connections, 0)
})

t.test('reaches no address that is not public, however it is written', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  const ipv4 = ['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '127.1', '127.0.0.1.', '0', '0.0.0.0']
  const ipv6 = ['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '[fe80::1]']
  for (const host of [...ipv4, ...ipv6, 'localhost', 'LOCALHOST']) {
    await t.rejects(nowhere(`http://${host}:${upstream.port}/`, LIMITS), REFUSED, host)
  }
  t.equal(upstream.connections, 0)
})

t.test('reaches no name with an address that is not public', async t => {
  for (const addresses of [
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['93.184.216.34', '10.0.0.1'],
    ['::ffff:10.0.0.1'],
    []
  ]) {
    const call = createFetch({ allow: [], resolve: resolving(...addresses) })
    await t.rejects(call('http://name.test/', LIMITS), REFUSED, addresses.join())
  }
})

t.test('connects to what the name resolved to when it was judged', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const answers = ['127.0.0.1', '127.0.0.2']
  const resolve: Resolve = (_name, done) => done(null, [{ address: answers.shift() ?? '', family: 4 }])
  const rebound = createFetch({ allow: ['127.0.0.1'], resolve })
  t.equal((await rebound(`http://name.test:${upstream.port}/`, LIMITS)).status, 200)
  t.equal(upstream.requests[0]?.headers.host, `name.test:${upstream.port}`)
  t.strictSame(answers, ['127.0.0.2'], 'it was resolved once')
})

t.test('reaches what was allowed by address, range or name, and nothing beside it', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const resolve = resolving('127.0.0.1')
  const call = (allow: readonly string[], host: string) =>
    createFetch({ allow, resolve })(`http://${host}:${upstream.port}/`, LIMITS)
  t.equal((await call(['127.0.0.0/8'], '127.0.0.1')).status, 200)
  t.equal((await call(['127.0.0.0/8'], 'name.test')).status, 200)
  t.equal((await call(['name.test'], 'name.test')).status, 200)
  t.equal((await call(['name.test'], 'NAME.test')).status, 200)
  await t.rejects(call(['127.0.0.2', '10.0.0.0/8', 'fd00::/8'], '127.0.0.1'), REFUSED)
  await t.rejects(call(['name.test'], '127.0.0.1'), REFUSED)
  await t.rejects(call(['name.test'], 'other.name.test'), REFUSED)
})

t.test('an entry that means nothing is refused when it is written', async t => {
  for (const entry of ['', 'a b', 'http://a.test', 'a.test:80', '*.a.test', '10.0.0.0/33', '[::1]', '10.0.0']) {
    t.throws(() => createFetch({ allow: [entry] }), { code: 'TACIT_FETCH_ALLOW_INVALID' }, entry)
  }
})

t.test('ends when the head, the body or the connection takes too long', async t => {
  const upstream = await startUpstream(t)
  const head = local(upstream.url, { ...LIMITS, timeoutMs: 500 })
  const first = await upstream.next()
  await t.rejects(head, TIMEOUT)
  t.equal((await first.closed).clean, false, 'the connection is closed')

  const body = local(upstream.url, { ...LIMITS, timeoutMs: 500 })
  const second = await upstream.next()
  second.head(200, {})
  void second.write('the beginning')
  await t.rejects(body, TIMEOUT)
  t.equal((await second.closed).clean, false, 'the connection is closed')
})

t.test('sends nothing any more when the connection comes too late', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const late: (() => void)[] = []
  const resolve: Resolve = (_name, done) => late.push(() => done(null, [{ address: '127.0.0.1', family: 4 }]))
  const call = createFetch({ allow: ['127.0.0.1'], resolve })
  const url = (path: string) => `http://name.test:${upstream.port}${path}`
  await t.rejects(call(url('/late'), { ...LIMITS, timeoutMs: 50 }), TIMEOUT)
  const next = call(url('/next'), LIMITS)
  for (const answer of late) answer()
  await next
  t.strictSame(
    upstream.requests.map(({ target }) => target),
    ['/next']
  )
})

t.test('ends when the answer is larger than it may be', async t => {
  const upstream = await startUpstream(t)
  const whole = local(upstream.url, LIMITS)
  ;(await upstream.next()).answer(200, {}, 'x'.repeat(1_000))
  t.equal((await whole).body.length, 1_000)
  const beyond = local(upstream.url, LIMITS)
  const exchange = await upstream.next()
  exchange.head(200, {})
  await exchange.write('x'.repeat(600))
  void exchange.write('x'.repeat(401))
  await t.rejects(beyond, { code: 'TACIT_FETCH_TOO_LARGE' })
  t.equal((await exchange.closed).clean, false, 'the connection is closed')
})

t.test('fails when the answer breaks off, is no HTTP or has too large a head', async t => {
  const upstream = await startUpstream(t)
  const cut = local(upstream.url, LIMITS)
  const first = await upstream.next()
  first.head(200, { 'content-length': '10' })
  await first.write('half')
  first.cut()
  await t.rejects(cut, FAILED)
  const nonsense = local(upstream.url, LIMITS)
  void (await upstream.next()).raw('SSH-2.0-server\r\n')
  await t.rejects(nonsense, FAILED)
  const large = local(upstream.url, LIMITS)
  ;(await upstream.next()).head(200, { 'x-large': 'x'.repeat(70_000) })
  await t.rejects(large, FAILED)
  await upstream.close()
  await t.rejects(local(upstream.url, LIMITS), FAILED, 'nobody listens')
})

t.test('decodes nothing, and takes no answer that would need it', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, { 'content-encoding': 'gzip' }, 'no gzip'))
  await t.rejects(local(upstream.url, LIMITS), { code: 'TACIT_FETCH_ENCODED' })
})

t.test('says nothing of where a call went and what came', async t => {
  const upstream = await startUpstream(t, exchange => exchange.raw('secret-answer\r\n\r\n'))
  const url = `${upstream.url}/secret-path`
  const calls = [() => local(url, LIMITS), () => nowhere(url, LIMITS), () => local('http://secret.test\\', LIMITS)]
  for (const call of calls) {
    const error = await failureOf(call())
    t.notMatch([error.message, error.cure, error.cause, error.stack].join(), /secret|127\.0\.0\.1/)
  }
})

t.test('verifies certificates, whatever the environment says', { skip: noCertificates }, async t => {
  const { cert, key, pem } = makeCertificate(t.testdir({}), 'server', 'name.test')
  let requests = 0
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) => {
    requests += 1
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const call = () => createFetch({ allow: ['127.0.0.1'], resolve: resolving('127.0.0.1') })

  await t.rejects(call()(`https://name.test:${port}/`, LIMITS), FAILED, 'signed by itself')
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  await t.rejects(call()(`https://name.test:${port}/`, LIMITS), FAILED, 'and waved through by the environment')
  const authorities = getCACertificates('default')
  t.teardown(() => setDefaultCACertificates(authorities))
  setDefaultCACertificates([pem])
  await t.rejects(call()(`https://other.test:${port}/`, LIMITS), FAILED, 'for another name')
  t.equal(requests, 0)
  t.equal((await call()(`https://name.test:${port}/`, LIMITS)).status, 200)
})

t.test('reaches nothing of what attackers write', { skip: SHARED_CASES_MISSING ?? false }, async t => {
  // What these names resolve to where they exist.
  const names = new Map([['metadata.google.internal', '169.254.169.254']])
  const resolve: Resolve = (name, done) => done(null, [{ address: names.get(name) ?? '127.0.0.1', family: 4 }])
  const call = createFetch({ allow: [], resolve })
  // The others suppose a list of the public names that may be reached, and calls may reach them all.
  const cases = sharedCases('url').filter(shared => !rawOf(shared).includes('.test'))
  t.ok(cases.length > 40, `${cases.length} cases`)
  for (const shared of cases) {
    const url = Buffer.from(rawOf(shared), 'latin1').toString()
    const { code } = await failureOf(call(url, LIMITS))
    t.ok(code === INVALID.code || code === REFUSED.code, `${shared.id} ${url}: ${code}`)
  }
})
