import t from 'tap'
import { shownState } from '../../../core/admin/shown-state.ts'
import type { PluginInstance } from '../../../core/instances.ts'
import { definePlugin, type Phases, Type } from '../../../core/plugin.ts'

/** An instance that shows this. */
function showing(show: () => unknown): PluginInstance {
  const definition: unknown = definePlugin({
    contract: 1,
    name: 'showing',
    summary: 'Shows something.',
    config: Type.Object({}),
    data: { reads: [] },
    setup: () => ({})
  })
  const phases: Phases = {}
  Reflect.set(phases, 'show', show)
  return {
    name: 'showing',
    definition: definition as PluginInstance['definition'],
    phases,
    readsRequestBody: false,
    endpoints: {},
    close: async () => {}
  }
}

t.test('lets words, numbers and truths through', async t => {
  const shown = showing(() => ({ 'peer-1': { ms: 1.5, on: true, why: 'timed_out' }, empty: {} }))
  t.strictSame(shownState(shown), { 'peer-1': { ms: 1.5, on: true, why: 'timed_out' }, empty: {} })
})

t.test('lets nothing else through', async t => {
  const shown = showing(() => ({
    a: {
      text: 'a sentence',
      long: 'x'.repeat(129),
      none: null,
      nan: Number.NaN,
      list: [1],
      inner: { b: 1 },
      'bad name': 1
    },
    'bad name': { b: 1 },
    list: [1],
    text: 'x'
  }))
  t.strictSame(shownState(shown), { a: {} })
})

t.test('shows no more than anybody reads', async t => {
  const many = showing(() => Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`p${index}`, { index }])))
  t.equal(Object.keys(shownState(many) ?? {}).length, 1_000)
})

t.test('what shows nothing, or fails to, is left out', async t => {
  for (const value of [undefined, null, 'x', 1, []]) t.equal(shownState(showing(() => value)), undefined)
  t.equal(
    shownState(
      showing(() => {
        throw new Error('canary')
      })
    ),
    undefined
  )
  t.strictSame(shownState(showing(async () => ({ a: { b: 1 } }))), {}, 'a promise is none')
})
