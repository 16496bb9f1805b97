import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { RESPONSES, type ResponseCase } from '../fixtures/attacks/responses.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { valuesOf } from '../support/http-reader.ts'
import { Recorder, type Script } from '../support/recorder.ts'
import { rawOf, SHARED_CASES_MISSING, type SharedCase, sharedCases } from '../support/shared-cases.ts'
import { Wire, type WireAnswer } from '../support/wire.ts'

type Transport = 'sockets' | 'undici'

/** What the client of one answer got. */
interface Got {
  /** Undefined when the response broke off, or there was none. */
  readonly answer: WireAnswer | undefined
  readonly faults: readonly string[]
}

function complaints(expected: ResponseCase, { answer, faults }: Got, transport: Transport): readonly string[] {
  const found = [...faults]
  const status = answer?.status
  switch ((transport === 'undici' ? expected.byUndici : undefined) ?? expected.expected) {
    case 'refused':
      if (status !== 502) found.push(`got ${status}`)
      break
    case 'broken':
      if (answer !== undefined && status !== 502) found.push(`got a whole ${status}`)
      break
    case 'harmless':
      // The reader of the answers is strict: an answer that came at all is well-formed.
      if (answer === undefined) found.push('got no whole answer')
      else if (/POISON/.test(answer.body.toString('latin1'))) found.push('got bytes that are no part of the answer')
      break
    case 'passed':
      if (status !== expected.status) found.push(`got ${status}`)
      if (answer?.body.toString('latin1') !== expected.body) found.push(`got ${answer?.body.toString('latin1')}`)
      for (const [name, values] of Object.entries(expected.headers ?? {})) {
        const actual = valuesOf(answer?.headers ?? [], name)
        if (JSON.stringify(actual) !== JSON.stringify(values)) found.push(`got ${name}: ${JSON.stringify(actual)}`)
      }
  }
  if (answer !== undefined && valuesOf(answer.headers, 'x-own').length > 0) found.push('got a field of the connection')
  return found
}

/** What the words of the shared cases come to. */
function expectationOf(shared: SharedCase): Omit<ResponseCase, 'raw' | 'closes'> {
  const { id, expected } = shared
  switch (expected) {
    case '502':
      return { id, expected: 'refused', ...(rawOf(shared).startsWith('HTTP/2.0 ') ? { byUndici: 'harmless' } : {}) }
    case '502-or-close;conn-not-reused':
    case 'abort-downstream':
      return { id, expected: 'broken' }
    case 'trailers dropped':
      return { id, expected: 'passed', status: 200, body: 'ok', byUndici: 'broken' }
    case 'both kept':
      return { id, expected: 'passed', status: 200, body: 'ok', headers: { 'set-cookie': ['a=1', 'b=2'] } }
    case 'not followed':
      return { id, expected: 'passed', status: 302, body: '' }
    default:
      return { id, expected: 'harmless' }
  }
}

/** Everything, with one transport. */
async function attack(t: Test, transport: Transport) {
  const recorder = await Recorder.start()
  t.teardown(() => recorder.close())
  /** One connection to the upstream, so that whatever is left on it meets the next request. */
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf([`http://${recorder.authority}`], {
        transport,
        timeouts: { firstByte: '500ms', idle: '500ms' },
        connections: { max: 1 }
      })
    ],
    routes: [routeOf()]
  })
  const port = Number(new URL(gateway.url).port)
  let asked = 0

  async function ask(target: string): Promise<Got> {
    const wire = await Wire.open(port)
    wire.write(`GET ${target} HTTP/1.1\r\nHost: gw.test\r\n\r\n`)
    await wire.untilAnswers(1)
    const [answer, ...more] = wire.answers
    const faults = [...wire.faults, ...more.map(({ status }) => `a second answer: ${status}`)]
    wire.end()
    await wire.untilClosed()
    return { answer, faults }
  }

  /** Has the upstream answer with these bytes, then asks for two good answers. */
  async function afterwards(script: Script): Promise<Got> {
    asked++
    const target = `/attack/${asked}`
    recorder.scripts.set(target, script)
    const recordedBefore = recorder.requests.length
    const got = await ask(target)
    recorder.scripts.delete(target)
    const faults = [...got.faults]
    for (const good of [`/good/${asked}/1`, `/good/${asked}/2`]) {
      const { answer, faults: more } = await ask(good)
      faults.push(...more)
      const id = recorder.requests.findIndex(request => request.target === good) + 1
      if (answer?.body.toString('latin1') !== `${id} ${good}`) {
        faults.push(`${good} got ${answer?.status} ${answer?.body.toString('latin1', 0, 100)}`)
      }
    }
    const arrived = recorder.requests.length - recordedBefore
    if (arrived !== 3) faults.push(`${arrived} requests arrived instead of 3`)
    return { answer: got.answer, faults }
  }

  for (const expected of RESPONSES) {
    t.test(`${expected.id}: ${expected.expected}, and nobody else is hurt`, async t => {
      const got = await afterwards({ bytes: expected.raw, closes: expected.closes })
      t.strictSame(complaints(expected, got, transport), [])
    })
  }

  t.test('passes a compressed answer on as it is, however much would come out of it', async t => {
    const zipped = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`
    const { answer, faults } = await afterwards({ bytes: Buffer.concat([Buffer.from(head), zipped]), closes: false })
    t.strictSame(faults, [])
    t.equal(answer?.status, 200)
    t.strictSame(valuesOf(answer?.headers ?? [], 'content-encoding'), ['gzip'])
    t.ok(answer?.body.equals(zipped))
  })

  t.test('does with every shared answer what it must', { skip: SHARED_CASES_MISSING ?? false }, async t => {
    for (const shared of sharedCases('http-response')) {
      if (shared.raw_base64 === null) continue
      const expectation = expectationOf(shared)
      for (const closes of [true, false]) {
        const expected: ResponseCase = { ...expectation, raw: rawOf(shared), closes }
        const found = complaints(expected, await afterwards({ bytes: expected.raw, closes }), transport)
        t.strictSame(found, [], `${shared.id}: ${shared.expected}${closes ? ', then closed' : ''}`)
      }
    }
  })
}

for (const transport of ['sockets', 'undici'] as const) t.test(`by ${transport}`, t => attack(t, transport))
