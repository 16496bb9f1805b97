import t from 'tap'
import { ACME, at, pricing, registryOf, SOURCE, usageOf } from './support.ts'

const TWO_PERIODS = pricing(
  '{ input: 2.00 USD }',
  `    to: 2026-07-01
  - provider: acme
    model: big
    version: test
    from: 2026-07-01
    rates: { input: 1.00 USD }
    source: ${SOURCE}
`
)

const MILLION = usageOf({ inputTokens: 1_000_000 })

t.test('the price of the instant counts: from its first day on, and not on the day of its end', async t => {
  const registry = registryOf(TWO_PERIODS)
  const amount = (instant: number) => {
    const cost = registry.cost({ provider: 'acme', model: 'big', usage: MILLION, at: instant })
    return cost.known ? cost.amountNano : cost.missing
  }
  t.equal(amount(at('2026-01-01') - 1), 'price')
  t.equal(amount(at('2026-01-01')), 2_000_000_000n)
  t.equal(amount(at('2026-07-01') - 1), 2_000_000_000n)
  t.equal(amount(at('2026-07-01')), 1_000_000_000n)
  t.equal(amount(at('2099-01-01')), 1_000_000_000n)
  t.equal(amount(Number.NaN), 'price')
  const ended = registryOf(pricing('{ input: 2.00 USD }', '    to: 2026-07-01\n'))
  t.equal(ended.priceAt('acme', 'big', at('2026-07-01')), undefined)
  t.ok(ended.priceAt('acme', 'big', at('2026-07-01') - 1))
})

t.test('what is not known is told as such, and never as nothing', async t => {
  const registry = registryOf(TWO_PERIODS)
  const question = { provider: 'acme', model: 'big', usage: MILLION, at: at('2026-08-01') }
  const unknown = (missing: string) => ({ known: false, missing, kinds: [] })
  t.strictSame(registry.cost({ ...question, provider: 'nobody' }), unknown('provider'))
  t.strictSame(registry.cost({ ...question, model: 'unheard-of' }), unknown('model'))
  t.strictSame(registry.cost({ ...question, model: 'small' }), unknown('price'))
  t.strictSame(registry.cost({ ...question, tier: 'batch' }), unknown('tier'))
})

t.test('another name and a dated snapshot cost what the model costs, and say whose price it is', async t => {
  const registry = registryOf(TWO_PERIODS)
  for (const model of ['big', 'bigger', 'big-2026-05-01']) {
    const cost = registry.cost({ provider: 'acme', model, usage: MILLION, at: at('2026-08-01') })
    t.match(cost, { known: true, amountNano: 1_000_000_000n, model: 'big', currency: 'USD' }, model)
  }
})

t.test('lists providers by their ids, with what is published of them', async t => {
  const other = ACME.replaceAll('acme', 'aaa').replace('    baseUrl: https://api.aaa.example\n', '')
  const registry = registryOf(ACME, other)
  const { providers } = registry
  t.strictSame(
    providers.map(({ id }) => id),
    ['aaa', 'acme']
  )
  t.equal(registry.provider('aaa')?.baseUrl, undefined)
  t.match(registry.provider('acme'), {
    name: 'Acme',
    baseUrl: 'https://api.acme.example',
    credential: { header: 'authorization', scheme: 'Bearer' },
    paths: [{ dialect: 'openai-chat', path: '/v1/chat/completions' }],
    regions: [],
    terms: undefined
  })
  t.equal(registry.provider('nobody'), undefined)
  t.equal(registry.nearProvider('acne'), 'acme')
  t.equal(registry.nearProvider('x'.repeat(10_000)), undefined)
})

t.test('keeps the prices of a model in the order of time', async t => {
  const [first, second] = registryOf(TWO_PERIODS).pricesOf('acme', 'big')
  t.equal(first?.toAt, at('2026-07-01'))
  t.equal(second?.toAt, Number.POSITIVE_INFINITY)
  t.strictSame(registryOf(TWO_PERIODS).pricesOf('acme', 'small'), [])
})
