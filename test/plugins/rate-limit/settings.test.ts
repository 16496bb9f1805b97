import type { Exchange } from 'tacit-gateway/plugin'
import type { DriveOptions } from 'tacit-gateway/testing'
import t from 'tap'
import { decodeConfig } from '../../../core/testing/config.ts'
import { ConsumerConfig } from '../../../plugins/rate-limit/settings.ts'
import { chat, driven, MAPS, PRICED, remaining, run } from './support.ts'

t.test(
  'an answer whose usage nobody tells is charged what was held, or nothing where the operator says so',
  async t => {
    for (const [unknownUsage, left] of [
      ['held', false],
      ['nothing', true]
    ] as const) {
      const plugin = await driven({ limits: [{ tokens: 1_000, per: '1m' }], unknownUsage })
      await run(plugin, chat())
      const [units = 0] = await remaining(plugin)
      t.equal(units === 1_000, left, unknownUsage)
    }
  }
)

/** What consumers have of their own, as it is written in a file. */
function ownSettings(own: Readonly<Record<string, Record<string, unknown>>>): NonNullable<DriveOptions['settings']> {
  const decoded = new Map(Object.entries(own).map(([id, settings]) => [id, decodeConfig(ConsumerConfig, settings)]))
  return consumer => decoded.get(consumer.id) ?? {}
}

t.test('a consumer may have limits of its own, for itself and for each of its keys', async t => {
  const limits = [
    { requests: 1, per: '1m' },
    { requests: 2, per: '1m', by: 'key' },
    { requests: 9, per: '1m', by: 'address' }
  ]
  const settings = ownSettings({
    'team-search': { limits: [{ requests: 3, per: '1m' }], keyLimits: [{ requests: 2, per: '1m' }, { concurrent: 1 }] },
    'team-maps': { limits: [] }
  })
  const plugin = await driven({ limits }, { settings })
  const search = async (key: string) => run(plugin, { key })
  t.strictSame([await search('k1'), await search('k1'), await search('k1')], [undefined, undefined, 'requests_limited'])
  t.equal(await search('k2'), undefined, 'the consumer has three')
  t.equal(await search('k3'), 'requests_limited')
  const maps = { consumer: MAPS, key: 'm1' }
  t.strictSame(
    [await run(plugin, maps), await run(plugin, maps), await run(plugin, maps)],
    [undefined, undefined, 'requests_limited']
  )
  const others = { ...MAPS, id: 'others' }
  t.strictSame(
    [await run(plugin, { consumer: others }), await run(plugin, { consumer: others })],
    [undefined, 'requests_limited']
  )
})

t.test('limits of a consumer’s own count the consumer, and change nothing where it is not counted', async t => {
  const settings = ownSettings({ 'team-search': { limits: [{ requests: 1, per: '1m', by: 'model' }] } })
  const byAddress = await driven({ by: 'address', limits: [{ requests: 9, per: '1m' }] }, { settings })
  t.strictSame([await run(byAddress, chat()), await run(byAddress, chat())], [undefined, undefined])
  const both = { by: ['consumer', 'model'], limits: [{ requests: 9, per: '1m' }] }
  const byConsumer = await driven(both, { settings })
  t.strictSame([await run(byConsumer, chat()), await run(byConsumer, chat())], [undefined, 'requests_limited'])
  t.equal(await run(byConsumer, { ...chat(), consumer: MAPS }), undefined)
})

t.test('asks of counters what the operator said', async t => {
  const asked: unknown[] = []
  const hold = (_exchange: Exchange, claims: readonly unknown[]) => {
    asked.push(...claims)
    return { granted: true, remaining: [], resetMs: [], shadowed: [], unsure: true, settle: () => {} } as const
  }
  const limits = { hold, read: async () => [], topUp: async () => {}, reset: async () => {} }
  const config = {
    by: ['key', 'route'],
    onStoreFailure: 'local',
    limits: [
      { requests: 9, per: '1m', sync: 'lease', lostHolds: 'give_back' },
      { concurrent: 3, onStoreFailure: 'allow' },
      { outputTokens: 50, each: 'month', name: 'words' }
    ]
  }
  const plugin = await driven(config, { parts: { ...PRICED, limits }, startAt: Date.parse('2026-02-10T00:00:00Z') })
  await run(plugin, { ...chat(), key: 'team-search/key-auth/1' })
  const owner = /^consumer\/team-search\/key\/~[\w-]{32}\/route\/some-route\//
  t.match(asked, [
    {
      counter: owner,
      algorithm: 'sliding',
      windowMs: 60_000,
      limit: 9,
      amount: 1,
      final: true,
      away: 'local',
      sync: 'lease',
      lost: 'give_back'
    },
    {
      counter: /concurrent$/,
      algorithm: 'concurrency',
      limit: 3,
      amount: 1,
      away: 'allow',
      sync: 'exact',
      lost: 'charge'
    },
    {
      counter: /words$/,
      algorithm: 'calendar',
      startsAt: Date.UTC(2026, 1, 1),
      endsAt: Date.UTC(2026, 2, 1),
      amount: 100
    }
  ])
  t.ok(plugin.measured.some(({ metric }) => metric === 'rate_limit_unsure'))
})

t.test('a limit that says too little, or too much, is refused before anything is served', async t => {
  for (const limit of [
    {},
    { per: '1m' },
    { requests: 1 },
    { requests: 1, tokens: 1, per: '1m' },
    { requests: 1, per: '1m', each: 'day' },
    { concurrent: 1, per: '1m' },
    { requests: 1, each: 'day', algorithm: 'gcra' },
    { requests: 1, per: '1m', burst: 2 },
    { requests: 1, per: '1m', timeZone: 'UTC' },
    { requests: 1, per: '4000d' },
    { requests: -1, per: '1m' },
    { cost: '99999999.00 USD', each: 'day' },
    { concurrent: 1, sync: 'lease' }
  ]) {
    await t.rejects(driven({ limits: [limit] }), { code: 'TACIT_CONFIG_INVALID' }, JSON.stringify(limit))
  }
  await t.rejects(
    driven({
      limits: [
        { requests: 1, per: '1m' },
        { requests: 2, per: '1m' }
      ]
    }),
    /requests-1m/
  )
  await t.rejects(driven({ by: ['key', 'group'], limits: [{ requests: 1, per: '1m' }] }), /by key and group/)
  await t.rejects(driven({ by: 'header', limits: [{ requests: 1, per: '1m' }] }), /`header`/)
})
