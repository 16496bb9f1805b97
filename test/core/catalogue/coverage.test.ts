import t from 'tap'
import { coverageOf } from '../../../core/catalogue/coverage.ts'
import { at, pricing, registryOf, SOURCE } from './support.ts'

const ALWAYS = Number.NEGATIVE_INFINITY

t.test('says which models have no price at an instant', async t => {
  const registry = registryOf(pricing('{ input: 1.00 USD }'))
  const nothing = { ending: [], old: [], provider: 'acme', models: ['big', 'old-2024-05-13', 'small'] }
  t.strictSame(coverageOf(registry, at('2026-06-01'), ALWAYS), [{ ...nothing, unpriced: ['old-2024-05-13', 'small'] }])
  t.strictSame(coverageOf(registry, at('2025-06-01'), ALWAYS), [
    { ...nothing, unpriced: ['big', 'old-2024-05-13', 'small'] }
  ])
})

t.test('says when prices end with nothing after them, gaps included', async t => {
  const next = (from: string, to: string) => `  - provider: acme
    model: big
    version: test
    from: ${from}
    to: ${to}
    rates: { input: 2.00 USD }
    source: ${SOURCE}
`
  const ending = (more: string) =>
    coverageOf(registryOf(pricing('{ input: 1.00 USD }', `    to: 2026-07-01\n${more}`)), at('2026-06-01'), ALWAYS)[0]
      ?.ending
  t.strictSame(ending(''), [{ model: 'big', toAt: at('2026-07-01') }])
  t.strictSame(ending(next('2026-07-01', '2026-09-01')), [{ model: 'big', toAt: at('2026-09-01') }])
  t.strictSame(ending(next('2026-08-01', '2026-09-01')), [{ model: 'big', toAt: at('2026-07-01') }])
  t.strictSame(coverageOf(registryOf(pricing('{ input: 1.00 USD }')), at('2026-06-01'), ALWAYS)[0]?.ending, [])
})

t.test('says which prices were read long ago', async t => {
  const registry = registryOf(pricing('{ input: 1.00 USD }'))
  const old = (since: string) => coverageOf(registry, at('2026-06-01'), at(since))[0]?.old
  t.strictSame(old('2026-01-01'), [])
  t.strictSame(old('2026-01-02'), [{ model: 'big', readAt: at('2026-01-01') }])
})
