import t from 'tap'
import type { PluginInstance } from '../../core/instances.ts'
import { definePlugin, type Health, type Phases, Type } from '../../core/plugin.ts'
import { Readiness } from '../../core/readiness.ts'
import { ManualClock } from '../support/clock.ts'

function instance(name: string, phases: Phases): PluginInstance {
  const definition = definePlugin({
    contract: 1,
    name,
    summary: 'Tells how it is.',
    config: Type.Object({}),
    data: { reads: [] },
    setup: () => phases
  })
  return {
    name,
    definition: definition as unknown as PluginInstance['definition'],
    phases,
    readsRequestBody: false,
    endpoints: {},
    close: async () => {}
  }
}

t.test('asks everybody who tells, and takes a failed check for a failure', async t => {
  const readiness = new Readiness(
    () => [
      instance('silent', {}),
      instance('fine', { health: () => ({ status: 'ok' }) }),
      instance('later', { health: async () => ({ status: 'degraded', detail: 'half of it' }) }),
      instance('broken', {
        health: () => {
          throw new Error('canary')
        }
      })
    ],
    new ManualClock()
  )
  t.strictSame(await readiness.ask(), {
    fine: { status: 'ok' },
    later: { status: 'degraded', detail: 'half of it' },
    broken: { status: 'failed', detail: 'the check itself failed' }
  })
})

t.test('asks at most once a second', async t => {
  const clock = new ManualClock()
  let asked = 0
  const health = (): Health => {
    asked++
    return { status: 'ok' }
  }
  const readiness = new Readiness(() => [instance('one', { health })], clock)
  await Promise.all([readiness.ask(), readiness.ask()])
  clock.advance(999)
  await readiness.ask()
  t.equal(asked, 1)
  clock.advance(1)
  await readiness.ask()
  t.equal(asked, 2)
})

t.test('does not wait for one that never answers', async t => {
  const readiness = new Readiness(() => [instance('stuck', { health: () => new Promise(() => {}) })], new ManualClock())
  t.strictSame(await readiness.ask(), { stuck: { status: 'failed', detail: 'no answer in time' } })
})
