import { CONSUMER, type Phases, type PluginDefinition, Type } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { Passage, type Subject, type Way } from '../../../../core/testing/contract/passage.ts'
import { Probe } from '../../../../core/testing/contract/probe.ts'
import { countPromises } from '../../../../core/testing/contract/promises.ts'

const BODY = [Buffer.from('ab'), Buffer.from('cd')]

/** Takes one exchange through a plugin that notes its phases. */
async function passageOf(
  t: { teardown(work: () => unknown): void },
  way: Partial<Way> = {},
  phases: (seen: string[]) => Phases = () => ({})
) {
  const seen: string[] = []
  const found: string[] = []
  const promises = countPromises()
  t.teardown(() => promises.stop())
  const definition: PluginDefinition = {
    contract: 1,
    name: 'sample',
    summary: 'For a test.',
    config: Type.Object({}),
    reasons: { no: { status: 403, message: 'No.', retryable: false } },
    data: { reads: ['metadata', 'response-body'] },
    setup: () => ({
      requestFilter: () => void seen.push('requestFilter'),
      upstreamRequestFilter: () => void seen.push('upstreamRequestFilter'),
      upstreamResult: (_exchange, { outcome }) => void seen.push(outcome),
      responseFilter: () => void seen.push('responseFilter'),
      finish: (_exchange, { reason }) => void seen.push(reason),
      logging: (_exchange, { end }) => void seen.push(`logging ${end.reason}`),
      ...phases(seen)
    })
  }
  const probe = new Probe(definition, { promises, isSlow: false, fault: (_check, what) => void found.push(what) })
  const driven = await drive(probe.plugin)
  const subject: Subject = { definition, driven, probe, sample: {}, isBalancer: false, settleMs: 20 }
  const passage = new Passage(subject, { pieces: BODY, ...way })
  return { passage, seen, found }
}

t.test('an exchange passes two tries, its answer and its end', async t => {
  const { passage, seen, found } = await passageOf(t)
  t.match(await passage.run(), { request: { method: 'POST' }, response: { status: 200 }, body: 'abcd' })
  t.strictSame(seen, [
    'requestFilter',
    'upstreamRequestFilter',
    'connect_failed',
    'upstreamRequestFilter',
    'committed',
    'responseFilter',
    'complete',
    'logging complete'
  ])
  t.strictSame(found, [])
})

t.test('a client that leaves ends it there, and once', async t => {
  const ends = new Set<string>()
  let points = 1
  for (let leaving = 0; leaving < points; leaving++) {
    const at: Way['at'] = (passage, point) => {
      if (point === leaving) passage.leave()
    }
    const { passage, seen } = await passageOf(t, { at })
    await passage.run()
    points = passage.points
    t.strictSame(seen.slice(-2), ['client_gone', 'logging client_gone'])
    t.equal(seen.filter(phase => phase.startsWith('logging')).length, 1)
    ends.add(seen.join(' '))
  }
  t.equal(points, 7, 'before three phases and the answer, before each of two pieces, and before the end')
  t.equal(ends.size, 5, 'it makes no difference in what piece of the body')
})

t.test('a body that breaks off ends as it must', async t => {
  const { passage, seen } = await passageOf(t, { isCut: true })
  await passage.run()
  t.strictSame(seen.slice(-1), ['logging upstream_cut'])
})

t.test('a phase that never ends is given up', async t => {
  const { passage, found } = await passageOf(t, {}, () => ({ requestFilter: () => new Promise(() => {}) }))
  await passage.run()
  t.strictSame(found, ['requestFilter never comes to an end'])
})

t.test('facts are watched, and still there', async t => {
  const caller = { id: 'caller', group: undefined, labels: {} }
  const { passage, found, seen } = await passageOf(t, {}, seen => ({
    requestFilter(exchange) {
      exchange.set(CONSUMER, caller)
      seen.push(exchange.need(CONSUMER).id)
    }
  }))
  await passage.run()
  t.ok(seen.includes('caller'))
  t.strictSame(found, [
    'sets the fact tacit/consumer, and neither `provides` nor `providesAtEnd` lists it',
    'reads the fact tacit/consumer, and `data.reads` does not list `identity`',
    'reads the fact tacit/consumer, and `data.reads` does not list `identity`'
  ])
})
