import t from 'tap'
import { ACME, at, pricing, registryOf, SOURCE, usageOf } from './support.ts'

const EMPTY = 'version: 1\n'
const PRICED = pricing('{ input: 2.00 USD, output: 8.00 USD }')
const usage = usageOf({ inputTokens: 1_000_000 })

/** What a million tokens of input cost with these layers; or what is missing. */
function amount(layers: readonly string[], model = 'big'): bigint | string {
  const cost = registryOf(...layers).cost({ provider: 'acme', model, usage, at: at('2026-06-01') })
  return cost.known ? cost.amountNano : cost.missing
}

function own(text: string): string {
  return `${EMPTY}${text}`
}

t.test('nothing over nothing is nothing', async t => {
  t.strictSame(registryOf(EMPTY).providers, [])
})

t.test('a price of a higher layer takes the place of all below it, other periods included', async t => {
  const mine = own(`prices:
  - { provider: acme, model: big, version: mine, from: 2026-05-01, rates: { input: 1.00 USD }, source: ${SOURCE} }
`)
  t.equal(amount([PRICED, EMPTY]), 2_000_000_000n)
  t.equal(amount([PRICED, mine]), 1_000_000_000n)
  const registry = registryOf(PRICED, mine)
  t.equal(registry.priceAt('acme', 'big', at('2026-02-01')), undefined, 'what lies below does not show through')
})

t.test('a model of a higher layer takes the place of the one below, whose price stays', async t => {
  const mine = own(`models:
  - { provider: acme, id: big, contextTokens: 5, source: ${SOURCE} }
  - { provider: acme, id: new, aliases: [newest], source: ${SOURCE} }
`)
  const registry = registryOf(PRICED, mine)
  t.match(registry.model('acme', 'big'), {
    known: true,
    model: { contextTokens: 5, maxOutputTokens: undefined, aliases: [] }
  })
  t.match(registry.model('acme', 'newest'), { known: true, model: { id: 'new' } })
  t.match(registry.model('acme', 'bigger'), { known: false }, 'its other names went with it')
  t.equal(amount([PRICED, mine]), 2_000_000_000n)
})

t.test('a model of a higher layer takes the name that it brings along from the one below', async t => {
  const registry = registryOf(ACME, own(`models: [{ provider: acme, id: bigger, source: ${SOURCE} }]\n`))
  t.match(registry.model('acme', 'bigger'), { known: true, by: 'id', model: { id: 'bigger' } })
  t.strictSame(
    registry.provider('acme')?.models.map(({ id, aliases }) => [id, ...aliases]),
    [['big'], ['bigger'], ['old-2024-05-13'], ['small']]
  )
})

t.test('another name for a model cannot be the id of one that is known by itself', async t => {
  const mine = own(`models: [{ provider: acme, id: huge, aliases: [big], source: ${SOURCE} }]\n`)
  t.throws(() => registryOf(ACME, mine), /layer-1\.yaml:2:\d+ {2}TACIT_MODEL_TWICE/)
})

t.test('a provider of a higher layer takes the place of the one below, with models, prices and wildcards', async t => {
  const wild = `${PRICED}wildcards: [{ provider: acme, pattern: 'x-*', model: big }]\n`
  const mine = own(`providers:
  - { id: acme, name: My Acme, models: [{ id: big, source: ${SOURCE} }], source: ${SOURCE} }
`)
  const registry = registryOf(wild, mine)
  t.equal(registry.provider('acme')?.name, 'My Acme')
  t.equal(registry.provider('acme')?.baseUrl, undefined)
  t.match(registry.model('acme', 'small'), { known: false })
  t.match(registry.model('acme', 'x-1'), { known: false })
  t.equal(amount([wild, mine]), 'price')
})

t.test('a wildcard of a higher layer takes the place of the same one below', async t => {
  const low = `${ACME}wildcards: [{ provider: acme, pattern: 'x-*', model: big }]\n`
  const mine = own("wildcards: [{ provider: acme, pattern: 'x-*', model: small }]\n")
  t.match(registryOf(low, mine).model('acme', 'x-1'), { known: true, model: { id: 'small' } })
})

t.test('what is wrong in a layer is told in its own file, and left out', async t => {
  const mine = own(`prices:
  - { provider: acme, model: bug, version: mine, from: 2026-05-01, rates: { input: 1.00 USD }, source: ${SOURCE} }
`)
  t.throws(() => registryOf(PRICED, mine), /layer-1\.yaml:3:\d+ {2}TACIT_MODEL_UNKNOWN[\s\S]*Did you mean "big"\?/)
})
