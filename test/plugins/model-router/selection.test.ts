import { drive, testCatalogue } from 'tacit-gateway/testing'
import t from 'tap'
import { opaqueUpstream } from '../../../core/opaque.ts'
import modelRouter from '../../../plugins/model-router/index.ts'
import { isServedAt } from '../../../plugins/model-router/selection.ts'

const { catalogue } = testCatalogue()
const at = (provider?: string) => ({ upstream: opaqueUpstream('x', () => provider) })

t.test('a target is served where its provider has a door for the API, and where nobody says whose it is', async t => {
  t.ok(isServedAt(catalogue, at('openai'), 'openai-responses'))
  t.notOk(isServedAt(catalogue, at('openai'), 'anthropic-messages'))
  t.ok(isServedAt(catalogue, at('deepseek'), 'anthropic-messages'))
  t.ok(isServedAt(catalogue, at(), 'anthropic-messages'))
  t.ok(isServedAt(catalogue, at('nobody'), 'anthropic-messages'))
})

/** The targets of an exchange, and why others are not among them. */
async function targetsOf(targets: readonly unknown[], body: unknown) {
  const driven = await drive(
    modelRouter,
    { models: [{ name: 'm', targets }] },
    { upstreams: ['o', 'a', 'any'], providers: { o: 'openai', a: 'anthropic' }, parts: { catalogue } }
  )
  const exchange = driven.exchange({ body: JSON.stringify(body) })
  const outcome = await exchange.requestFilter()
  return {
    reason: outcome !== undefined && 'reason' in outcome ? outcome.reason : undefined,
    targets: exchange.exchange.destinations.map(({ upstream, model, on }) =>
      [upstream.id, model, ...(on ?? [])].join(' ')
    ),
    leftOut: exchange.decisions.filter(({ name }) => name === 'target_left_out').map(({ facts }) => facts.upstream)
  }
}

t.test('targets that fit are there in order, with what makes the gateway go on', async t => {
  const targets = [{ upstream: 'any', on: [429] }, { upstream: 'a' }, { upstream: 'o', model: 'gpt-5' }]
  t.strictSame(await targetsOf(targets, { model: 'm' }), {
    reason: undefined,
    targets: ['any m 429', 'a m', 'o gpt-5'],
    leftOut: []
  })
})

t.test('targets that do not fit are left out, and it is told which', async t => {
  const targets = [
    { upstream: 'o', when: { groups: 'paid' } },
    { upstream: 'a', when: { fromInputTokens: 50 } },
    { upstream: 'any', lacks: 'tools' }
  ]
  t.strictSame(await targetsOf(targets, { model: 'm', messages: [] }), {
    reason: undefined,
    targets: ['any m'],
    leftOut: ['o', 'a']
  })
  const none = await targetsOf(targets, { model: 'm', messages: [], tools: [{}] })
  t.strictSame(none, { reason: 'no_target_fits', targets: [], leftOut: ['o', 'a', 'any'] })
})

t.test('whether a provider serves the API counts where its paths do', async t => {
  const targets = [{ upstream: 'a' }, { upstream: 'o' }]
  const driven = (paths: string) =>
    drive(
      modelRouter,
      { models: [{ name: 'm', targets }], paths },
      { upstreams: ['o', 'a'], providers: { o: 'openai', a: 'anthropic' }, parts: { catalogue } }
    )
  const at = async (paths: string) => {
    const exchange = (await driven(paths)).exchange({ target: '/v1/messages', body: '{"model":"m"}' })
    await exchange.requestFilter()
    return exchange.exchange.destinations.map(({ upstream }) => upstream.id)
  }
  t.strictSame(await at('provider'), ['a'])
  t.strictSame(await at('client'), ['a', 'o'])
})
