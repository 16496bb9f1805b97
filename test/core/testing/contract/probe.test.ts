import { type Phases, type PluginDefinition, Type } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { Probe } from '../../../../core/testing/contract/probe.ts'
import { countPromises } from '../../../../core/testing/contract/promises.ts'

/** A plugin under a probe, and what the probe has found. */
async function probed(
  t: { teardown(work: () => unknown): void },
  phases: Phases,
  more: Partial<PluginDefinition> = {}
) {
  const found: string[] = []
  const promises = countPromises()
  t.teardown(() => promises.stop())
  const definition: PluginDefinition = {
    contract: 1,
    name: 'sample',
    summary: 'For a test.',
    config: Type.Object({}),
    data: { reads: [] },
    setup: () => phases,
    ...more
  }
  const fault = (check: string, what: string) => void found.push(`${check}: ${what}`)
  const probe = new Probe(definition, { promises, isSlow: false, fault })
  return { probe, found, driven: await drive(probe.plugin) }
}

t.test('phases keep their own `this`, and do what they did', async t => {
  const phases = {
    word: 'own',
    upstreamRequestFilter(_exchange: unknown, { headers }: { headers: { set(name: string, value: string): void } }) {
      headers.set('x-word', phases.word)
    }
  }
  const { word: _word, ...plain } = phases
  const { driven, found } = await probed(t, plain)
  t.match(await driven.exchange().upstreamRequestFilter(), { headers: { 'x-word': 'own' } })
  t.strictSame(found, [])
})

t.test('knows a promise that waits for something from one that does not', async t => {
  const { driven, probe, found } = await probed(t, {
    requestFilter: () => new Promise<void>(resolve => setImmediate(resolve)),
    responseFilter: async () => {}
  })
  await driven.exchange().run()
  await probe.judged()
  t.strictSame(found, ['promises: `responseFilter` hands back a promise although it waits for nothing'])
})

t.test('notes what is thrown, unless it is a refusal', async t => {
  const { driven, probe } = await probed(
    t,
    {
      finish() {
        throw new RangeError('thrown')
      }
    },
    { reasons: { no: { status: 403, message: 'No.', retryable: false } } }
  )
  t.throws(() => driven.exchange().finish())
  t.match(probe.thrown, [{ where: 'finish', error: { message: 'thrown' } }])
})

t.test('knows what is declared: who may see a credential may know who it is', async t => {
  const { probe, found } = await probed(t, {}, { data: { reads: ['credential'] } })
  probe.reads('identity', 'reads a name')
  probe.readHeader('authorization')
  t.strictSame(found, [])
  probe.readHeader('accept')
  probe.touched('request-body')
  probe.sends()
  t.strictSame(found, [
    "undeclared: touches the request's body, and `data.reads` does not list `request-body`",
    'undeclared: uses host.fetch, and `data.egress` lists nobody'
  ])
})

t.test('what is used after the end is told', async t => {
  const { probe, found, driven } = await probed(t, {})
  probe.used('store.get')
  await driven.close()
  probe.used('store.get')
  t.strictSame(found, ['reload: uses host.store.get after it was closed'])
})

t.test('phases that a gateway would refuse are refused as they are', async t => {
  const setup = () => new (class implements Phases {})()
  await t.rejects(probed(t, {}, { setup }), { code: 'TACIT_PLUGIN_PHASES' })
})
