import t from 'tap'
import { createFetch } from '../../../core/upstream/fetch.ts'
import { startUpstream } from '../../support/upstream.ts'

const LIMITS = { timeoutMs: 20_000, maxBytes: 1_000 }
const REFUSED = { code: 'TACIT_FETCH_REFUSED' }
const local = createFetch({ allow: ['127.0.0.1'] })
const nowhere = createFetch({ allow: [] })

t.test('brings status and body, and sends what it was given', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(201, {}, 'made'))
  const options = { method: 'POST', headers: { 'x-one': '1' }, body: 'content', ...LIMITS }
  t.strictSame(await local(`${upstream.url}/path?query`, options), { status: 201, body: Buffer.from('made') })
  const [seen] = upstream.requests
  t.match(seen, { method: 'POST', target: '/path?query', headers: { 'x-one': '1', 'content-length': '7' } })
  t.equal(String(seen?.body), 'content')
})

t.test('hands out a redirect as it is', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(302, { location: '/elsewhere' }, 'gone'))
  t.strictSame(await local(upstream.url, LIMITS), { status: 302, body: Buffer.from('gone') })
  t.equal(upstream.requests.length, 1)
})

t.test('reaches no address that is not public, however it is written', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::1]', '[::ffff:127.0.0.1]']
  for (const host of hosts) await t.rejects(nowhere(`http://${host}:${upstream.port}/`, LIMITS), REFUSED, host)
  t.equal(upstream.connections, 0)
})

t.test('connects to what the name resolved to when it was judged', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const answers = ['127.0.0.1', '93.184.216.34']
  const resolve: Parameters<typeof createFetch>[0]['resolve'] = (_name, done) =>
    done(null, [{ address: answers.shift() ?? '', family: 4 }])
  const rebound = createFetch({ allow: ['127.0.0.1'], resolve })
  t.equal((await rebound(`http://name.test:${upstream.port}/`, LIMITS)).status, 200)
  t.strictSame(answers, ['93.184.216.34'], 'it is resolved once')
})

t.test('ends when it takes too long or is too much', async t => {
  const silent = await startUpstream(t)
  await t.rejects(local(silent.url, { ...LIMITS, timeoutMs: 50 }), { code: 'TACIT_FETCH_TIMEOUT' })
  const large = await startUpstream(t, exchange => exchange.answer(200, {}, 'x'.repeat(1_001)))
  await t.rejects(local(large.url, LIMITS), { code: 'TACIT_FETCH_TOO_LARGE' })
})
