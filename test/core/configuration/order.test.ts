import t from 'tap'
import { checkOrder } from '../../../core/configuration/order.ts'
import type { LoadedUse } from '../../../core/configuration/uses.ts'
import { type Key, type PluginDefinition, privateKey, Type } from '../../../core/plugin.ts'

const FACT = privateKey<string>('fact')

const use = (name: string, keys: Partial<PluginDefinition>, config: unknown = {}): LoadedUse => ({
  definition: {
    contract: 1,
    name,
    summary: 'Stands in a chain.',
    config: Type.Object({}),
    data: { reads: [] },
    setup: () => ({}),
    ...keys
  },
  config,
  failureMode: 'deny',
  fingerprint: '',
  nested: [],
  path: [name]
})
const order = (plugins: readonly LoadedUse[], atUpstream: readonly LoadedUse[] = []) =>
  checkOrder({ route: 'chat', plugins, atUpstream }).map(({ path, cure }) => `${path.join()}: ${cure}`)

const giver = use('giver', { provides: [FACT] })
const taker = use('taker', { requires: [FACT] })
const lastGiver = use('last-giver', { providesAtEnd: [FACT] })
const lastTaker = use('last-taker', { requiresAtEnd: [FACT] })

t.test('is content when a fact of the way in comes from an earlier plugin', async t => {
  t.strictSame(order([giver, taker]), [])
  t.strictSame(order([giver, giver, taker, taker]), [])
})

t.test('says which plugin to move, or that one is missing', async t => {
  t.strictSame(order([taker, giver]), ['taker: Move "giver" in front of this one.'])
  t.strictSame(order([taker]), ['taker: Add a plugin before this one that provides it.'])
})

t.test('is content when a fact of the way out comes from a later plugin', async t => {
  t.strictSame(order([lastTaker, lastGiver]), [])
  t.strictSame(order([lastGiver, lastTaker]), ['last-taker: Move "last-giver" behind this one.'])
  t.strictSame(order([lastTaker]), ['last-taker: Add a plugin after this one that provides it at the end.'])
})

t.test('does not take facts of one way for those of the other', async t => {
  t.strictSame(order([lastGiver, taker]).length, 1)
  t.strictSame(order([lastTaker, giver]).length, 1)
})

t.test('counts no plugin for itself', async t => {
  t.strictSame(order([use('both', { provides: [FACT], requires: [FACT] })]).length, 1)
})

t.test('asks plugins whose needs depend on their configuration', async t => {
  const needs = (config: object): readonly Key<unknown>[] => (Reflect.get(config, 'on') === true ? [FACT] : [])
  t.strictSame(order([use('on', { requires: needs }, { on: true })]).length, 1)
  t.strictSame(order([use('off', { requires: needs }, { on: false })]), [])
})

t.test('lets plugins at the upstream need what any plugin of the route provides', async t => {
  t.strictSame(order([giver], [taker]), [])
  t.strictSame(order([], [taker]), ['taker: Add a plugin before this one that provides it.'])
})

t.test('tells private facts apart that have the same name', async t => {
  t.strictSame(order([use('other', { provides: [privateKey('fact')] }), taker]).length, 1)
})

t.test('a balancer hears of the end after all plugins of the route, wherever they stand', async t => {
  t.strictSame(order([lastGiver], [lastTaker]), [])
  t.strictSame(order([giver], [lastTaker]), ['last-taker: Add a plugin to the route that provides it at the end.'])
})
