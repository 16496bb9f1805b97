import t from 'tap'
import type { Limit } from '../../../plugins/rate-limit/limit.ts'
import { ModelPatterns, orderedBy, Rules, rulesFrom } from '../../../plugins/rate-limit/rules.ts'

const DEFAULTS = { by: ['consumer'], timeZone: 'UTC', away: 'deny' } as const
const REQUESTS: Limit = {
  name: 'requests-1m',
  unit: 'requests',
  limit: 1,
  currency: undefined,
  window: { kind: 'rolling', algorithm: 'sliding', windowMs: 60_000, burst: undefined },
  by: undefined,
  models: undefined,
  exceptModels: undefined,
  shadow: false,
  away: undefined,
  lost: 'charge',
  sync: 'exact'
}

t.test('what is counted by has one order, and names one kind of caller', async t => {
  t.strictSame(orderedBy(['route', 'model', 'consumer', 'route']), ['consumer', 'model', 'route'])
  t.throws(() => orderedBy(['consumer', 'key']), /consumer and key/)
})

t.test('a limit takes from its plugin what it does not say', async t => {
  const day = { ...REQUESTS, window: { kind: 'calendar', each: 'day', timeZone: undefined } } as const
  const [rule] = rulesFrom([day], { ...DEFAULTS, timeZone: 'Asia/Shanghai', away: 'local' })
  t.match(rule, { by: ['consumer'], away: 'local' })
  const at = Date.parse('2026-11-22T16:00:00Z')
  t.equal(rule?.calendar?.windowAt(at).startsAt, at)
})

t.test('two limits of one name are told apart by whom they count, and by nothing else', async t => {
  t.equal(rulesFrom([REQUESTS, { ...REQUESTS, by: ['route'] }], DEFAULTS).length, 2)
  t.throws(() => rulesFrom([REQUESTS, { ...REQUESTS, limit: 5 }], DEFAULTS), /"requests-1m"/)
})

t.test('models are told by name, by beginning, and by exception', async t => {
  const some = new ModelPatterns(['gpt-6-*', 'claude'], ['gpt-6-mini'])
  t.ok(some.covers(['gpt-6-sol']))
  t.ok(some.covers(['my-claude', 'claude']), 'under either of its names')
  t.notOk(some.covers(['gpt-6-mini']))
  t.notOk(some.covers(['gpt-5']))
  t.notOk(some.covers([]), 'no model is none of them')
  t.ok(new ModelPatterns(undefined, ['x']).covers([]))
})

t.test('limits of somebody’s own take the place of those that count the same', async t => {
  const rich = {
    limits: [
      { ...REQUESTS, limit: 9 },
      { ...REQUESTS, limit: 99 }
    ]
  }
  const own = new Map<string, { limits?: readonly Limit[] }>([
    ['rich', rich],
    ['none', { limits: [] }]
  ])
  const source = { settings: ({ id }: { readonly id: string }) => own.get(id) ?? {}, groupSettings: () => undefined }
  const rules = new Rules([REQUESTS, { ...REQUESTS, by: ['route'] }], DEFAULTS, source)
  const of = (id: string) => rules.for({ id, group: undefined, labels: {} }, undefined)
  const shown = (id: string) => of(id).map(({ by, limit, name }) => [by[0], limit, name])
  t.strictSame(shown('anybody'), [
    ['consumer', 1, 'requests-1m'],
    ['route', 1, 'requests-1m']
  ])
  t.strictSame(shown('rich'), [
    ['consumer', 9, 'requests-1m'],
    ['consumer', 99, 'requests-1m-2'],
    ['route', 1, 'requests-1m']
  ])
  t.strictSame(shown('none'), [['route', 1, 'requests-1m']])
  const unknown = rules.for(undefined, undefined)
  t.strictSame(
    unknown.map(({ by }) => by),
    [['route']],
    'nobody is known'
  )
  t.equal(of('rich')[0], of('rich')[0], 'worked out once')
})
