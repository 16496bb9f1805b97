import t from 'tap'
import { freeze } from '../../../core/configuration/freeze.ts'
import { mergeSettings } from '../../../core/identity/settings.ts'
import { SecretText } from '../../../core/plugin.ts'

t.test('merges defaults, group and consumer key by key, the last one whole', async t => {
  const merged = mergeSettings(
    {
      defaults: { tokens: 1, models: ['a'], region: { only: 'eu' } },
      groups: new Map([['paying', { tokens: 10, region: { prefer: 'us' } }]]),
      consumers: new Map([
        ['one', { models: ['b', 'c'] }],
        ['two', { models: [] }],
        ['three', { tokens: 3 }]
      ])
    },
    new Map([
      ['one', 'paying'],
      ['three', 'group without settings']
    ])
  )
  t.strictSame(merged.defaults, { tokens: 1, models: ['a'], region: { only: 'eu' } })
  t.strictSame(merged.groups.get('paying'), { tokens: 10, models: ['a'], region: { prefer: 'us' } })
  t.strictSame(merged.consumers.get('one'), { tokens: 10, models: ['b', 'c'], region: { prefer: 'us' } })
  t.strictSame(merged.consumers.get('two'), { tokens: 1, models: [], region: { only: 'eu' } })
  t.strictSame(merged.consumers.get('three'), { tokens: 3, models: ['a'], region: { only: 'eu' } })
})

t.test('freezes what it hands out, all the way down', async t => {
  const inner = [{ deep: { deeper: [1] } }]
  const { consumers } = mergeSettings(
    { defaults: { list: inner }, groups: new Map(), consumers: new Map([['one', {}]]) },
    new Map()
  )
  const settings = consumers.get('one')
  t.equal(settings?.list, inner)
  t.strictSame(
    [settings, inner, inner[0], inner[0]?.deep, inner[0]?.deep.deeper].map(part => Object.isFrozen(part)),
    [true, true, true, true, true]
  )
})

t.test('leaves instances alone, and ends in a circle', async t => {
  const secret = new SecretText('hidden')
  const circle: Record<string, unknown> = { secret, amount: 1n, at: new Date(0) }
  circle.again = circle
  t.equal(freeze(circle), circle)
  t.equal(Object.isFrozen(circle), true)
  t.equal(Object.isFrozen(secret), false)
  t.equal(secret.reveal(), 'hidden')
})

t.test('is not led astray by a key called __proto__', async t => {
  const hostile = JSON.parse('{"__proto__":{"admin":true}}')
  const { consumers } = mergeSettings(
    { defaults: {}, groups: new Map(), consumers: new Map([['one', hostile]]) },
    new Map()
  )
  const settings = consumers.get('one') ?? {}
  t.equal(settings.admin, undefined)
  t.equal(Object.getPrototypeOf(settings), Object.prototype)
  t.equal(Reflect.get({}, 'admin'), undefined)
})
