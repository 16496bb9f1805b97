import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { Recorder } from '../support/recorder.ts'
import { startUpstream } from '../support/upstream.ts'
import { Wire } from '../support/wire.ts'

const HEAD_LIMIT = 16 * 1024
const BODY_LIMIT = 128 * 1024

/** Reads every body. */
const READER = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: 'reader',
  summary: 'Reads bodies.',
  config: Type.Object({}),
  data: { reads: ['request-body'] },
  setup: () => ({ requestFilter: (_exchange, request) => void request.body.bytes() })
})
`

/** Refuses everything before its body is read. */
const REFUSER = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: 'refuser',
  summary: 'Refuses.',
  config: Type.Object({}),
  reasons: { refused: { status: 403, message: 'No.', retryable: false } },
  data: { reads: [] },
  setup: (_config, host) => ({ requestFilter: () => host.refuse('refused') })
})
`

const LISTEN = { port: 0, headersTimeout: '300ms', requestTimeout: '600ms', maxHeaderSize: '16KiB' }

async function start(t: Test) {
  const recorder = await Recorder.start()
  t.teardown(() => recorder.close())
  const limits = { maxBody: `${BODY_LIMIT}B` }
  const gateway = await startTestGateway(
    t,
    {
      listen: LISTEN,
      upstreams: [upstreamOf([`http://${recorder.authority}`])],
      routes: [
        routeOf({ limits }),
        routeOf({ id: 'read', match: { path: '/read' }, limits, plugins: [{ use: './reader.ts' }] }),
        routeOf({ id: 'refused', match: { path: '/refused' }, limits, plugins: [{ use: './refuser.ts' }] })
      ]
    },
    { files: { 'reader.ts': READER, 'refuser.ts': REFUSER } }
  )
  const port = Number(new URL(gateway.url).port)
  const connect = async () => {
    const wire = await Wire.open(port)
    t.teardown(() => wire.leave())
    return wire
  }
  return { recorder, gateway, connect }
}

const head = (line: string, ...fields: readonly string[]) =>
  [`${line} HTTP/1.1`, 'Host: gw.test', ...fields, '', ''].join('\r\n')

const targetsOf = (recorder: Recorder) => recorder.requests.map(({ target }) => target)

t.test('answers 431 to heads beyond the limit', async t => {
  const { recorder, connect } = await start(t)
  const beyond = [
    head('GET /', `X: ${'a'.repeat(HEAD_LIMIT)}`),
    head('GET /', `X: ${'a'.repeat(64 * 1024)}`),
    head('GET /', ...Array.from({ length: 700 }, () => 'X: aaaaaaaaaaaaaaaaaaaa')),
    head(`GET /${'a'.repeat(HEAD_LIMIT)}`),
    head('GET /', ...Array.from({ length: 101 }, () => 'X: a'))
  ]
  for (const raw of beyond) {
    const wire = await connect()
    wire.write(raw)
    await wire.untilClosed()
    t.strictSame(
      wire.answers.map(({ status }) => status),
      [431]
    )
  }
  const wire = await connect()
  wire.write(head(`GET /${'a'.repeat(1024 * 1024)}`))
  await wire.untilClosed()
  t.ok(wire.answers.every(({ status }) => status === 431))
  t.strictSame(targetsOf(recorder), [])
})

t.test('answers 413 to a body that is announced to be too large, without waiting for it', async t => {
  const { recorder, connect } = await start(t)
  for (const target of ['/', '/read']) {
    for (const length of ['10737418240', '9999999999999999', String(BODY_LIMIT + 1)]) {
      const wire = await connect()
      wire.write(head(`POST ${target}`, `Content-Length: ${length}`))
      await wire.untilAnswers(1)
      t.equal(wire.answers[0]?.status, 413, `${target} ${length}`)
      wire.leave()
    }
  }
  t.strictSame(targetsOf(recorder), [])
})

t.test('answers 413 to chunks that grow too large', async t => {
  const { recorder, connect } = await start(t)
  const chunk = `8000\r\n${'a'.repeat(0x8000)}\r\n`
  for (const target of ['/', '/read']) {
    const wire = await connect()
    wire.write(`${head(`POST ${target}`, 'Transfer-Encoding: chunked') + chunk.repeat(5)}0\r\n\r\n`)
    await wire.untilAnswers(1)
    t.equal(wire.answers[0]?.status, 413, target)
    wire.leave()
  }
  t.strictSame(targetsOf(recorder), [])
})

t.test('passes a body of exactly the limit', async t => {
  const { recorder, connect } = await start(t)
  const body = 'a'.repeat(BODY_LIMIT)
  for (const target of ['/', '/read']) {
    const wire = await connect()
    wire.write(head(`POST ${target}`, `Content-Length: ${BODY_LIMIT}`) + body)
    wire.write(
      `${head(`POST ${target}`, 'Transfer-Encoding: chunked')}${BODY_LIMIT.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    )
    await wire.untilAnswers(2)
    t.strictSame(
      wire.answers.map(({ status }) => status),
      [200, 200],
      target
    )
  }
  t.strictSame(
    recorder.requests.map(request => request.body.length),
    [BODY_LIMIT, BODY_LIMIT, BODY_LIMIT, BODY_LIMIT]
  )
})

t.test('refuses chunks that are hardly any content', async t => {
  const { recorder, connect } = await start(t)
  for (const target of ['/', '/read']) {
    for (const extension of [16 * 1024, 16 * 1024 + 1, 1024]) {
      const wire = await connect()
      wire.write(head(`POST ${target}`, 'Transfer-Encoding: chunked'))
      wire.write(`1;${'x'.repeat(extension)}\r\na\r\n`.repeat(200))
      await wire.untilAnswers(1)
      t.strictSame(
        wire.answers.map(({ status }) => status),
        [413],
        `${target}, ${extension}`
      )
      wire.leave()
    }
  }
  t.strictSame(targetsOf(recorder), [])
})

t.test('passes chunks of a byte each', async t => {
  const { recorder, connect } = await start(t)
  for (const target of ['/', '/read']) {
    const wire = await connect()
    wire.write(head(`POST ${target}`, 'Transfer-Encoding: chunked'))
    wire.write(`${'1\r\na\r\n'.repeat(4_000)}0\r\n\r\n`)
    await wire.untilAnswers(1)
    t.equal(wire.answers[0]?.status, 200, target)
  }
  t.strictSame(
    recorder.requests.map(({ body }) => body.toString()),
    ['a'.repeat(4_000), 'a'.repeat(4_000)]
  )
})

t.test('answers 415 to encoded bodies, and decodes none', async t => {
  const { recorder, connect } = await start(t)
  const zeros = Buffer.alloc(8 * 1024 * 1024)
  const bombs: readonly (readonly [encoding: string, body: Buffer])[] = [
    ['gzip', gzipSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
    ['gzip, gzip', gzipSync(gzipSync(zeros))],
    ['GZIP', gzipSync('{}')],
    ['x-unknown', Buffer.from('{}')]
  ]
  for (const [encoding, body] of bombs) {
    const wire = await connect()
    wire.write(head('POST /read', `Content-Encoding: ${encoding}`, `Content-Length: ${body.length}`))
    wire.write(body)
    await wire.untilAnswers(1)
    t.equal(wire.answers[0]?.status, 415, encoding)
  }
  t.strictSame(targetsOf(recorder), [])
})

t.test('answers 408 to a head or a body that does not come', async t => {
  const { recorder, connect } = await start(t)
  const slow = [
    'GET / HT',
    'GET / HTTP/1.1\r\nHost: gw.test\r\nX:',
    `${head('POST /', 'Content-Length: 50')}a`,
    `${head('POST /read', 'Content-Length: 50')}a`,
    `${head('POST /read', 'Transfer-Encoding: chunked')}5\r\nhe`,
    head('POST /read', 'Expect: 100-continue', 'Content-Length: 50')
  ]
  for (const raw of slow) {
    const wire = await connect()
    wire.write(raw)
    await wire.untilClosed()
    t.ok(
      wire.answers.every(({ status }) => status === 408),
      raw
    )
  }
  t.strictSame(targetsOf(recorder), [])
})

t.test('asks for a body only once the request was judged', async t => {
  const { recorder, connect } = await start(t)
  const judged = await connect()
  judged.write(head('POST /read', 'Expect: 100-continue', 'Content-Length: 5'))
  await judged.untilInterim(100)
  judged.write('hello')
  await judged.untilAnswers(1)
  t.equal(judged.answers[0]?.status, 200)
  const refused = await connect()
  refused.write(head('POST /refused', 'Expect: 100-continue', 'Content-Length: 5'))
  await refused.untilAnswers(1)
  t.equal(refused.answers[0]?.status, 403)
  t.strictSame(refused.interim, [])
  t.strictSame(
    recorder.requests.map(({ body }) => body.toString()),
    ['hello']
  )
})

t.test('takes no part of an unread body for a request', async t => {
  const { recorder, connect } = await start(t)
  const hidden = head('GET /SMUGGLED')
  const body = `${'a'.repeat(70_000)}${hidden}`
  const wire = await connect()
  wire.write(head('POST /refused', `Content-Length: ${body.length}`) + body.slice(0, 70_000))
  wire.write(body.slice(70_000) + head('GET /next'))
  await wire.untilAnswers(1)
  t.equal(wire.answers[0]?.status, 403)
  wire.end()
  await wire.untilClosed()
  t.notOk(targetsOf(recorder).includes('/SMUGGLED'))
  t.ok(wire.answers.length <= 2)
})

t.test('tells the upstream nothing of a request whose client resets the connection', async t => {
  const { recorder, connect } = await start(t)
  for (const raw of [
    `${head('POST /read', 'Content-Length: 50')}half`,
    `${head('POST /', 'Content-Length: 50')}half`,
    `${head('POST /', 'Transfer-Encoding: chunked')}5\r\nhe`
  ]) {
    const wire = await connect()
    wire.write(raw)
    const good = await connect()
    good.write(head('GET /good'))
    await good.untilAnswers(1)
    wire.leave('reset')
  }
  const good = await connect()
  good.write(head('GET /good'))
  await good.untilAnswers(1)
  t.strictSame(targetsOf(recorder), ['/good', '/good', '/good', '/good'])
  t.strictSame(recorder.faults, [])
})

t.test('serves others while many connections are idle', async t => {
  const { connect } = await start(t)
  await Promise.all(Array.from({ length: 500 }, connect))
  const wire = await connect()
  wire.write(head('GET /good'))
  await wire.untilAnswers(1)
  t.equal(wire.answers[0]?.status, 200)
})

t.test('holds little of an answer that its client does not take, and gives the client up', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, {
    listen: LISTEN,
    upstreams: [upstreamOf([upstream.url], { timeouts: { idle: '500ms' } })],
    routes: [routeOf()]
  })
  const wire = await Wire.open(Number(new URL(gateway.url).port))
  t.teardown(() => wire.leave())
  wire.pause(true)
  wire.write(head('GET /large'))
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'application/octet-stream' })
  const piece = Buffer.alloc(256 * 1024)
  let takenBytes = 0
  const push = (): void => {
    while (takenBytes < 256 * 1024 * 1024 && exchange.response.write(piece)) takenBytes += piece.length
  }
  exchange.response.on('drain', push)
  push()
  t.equal((await exchange.closed).clean, false)
  // Mostly what the kernel's buffers of four sockets hold.
  t.ok(takenBytes < 32 * 1024 * 1024, `${takenBytes} bytes were taken`)
})
