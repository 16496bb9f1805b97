import t from 'tap'
import type { LoadedConfiguration } from '../../core/configuration/load.ts'
import { GatewayError } from '../../core/errors.ts'
import { createLogger } from '../../core/log.ts'
import { Reloader } from '../../core/reload.ts'
import { ManualClock } from '../support/clock.ts'
import { load } from './configuration/support.ts'

const file = (routes: string) => `version: 1
upstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]
routes:
${routes}`
const CHAT = '  - { id: chat, match: { path: /v1/chat }, upstream: chat }\n'
const MORE = '  - { id: more, match: { path: /v1/more }, upstream: chat }\n'

/** A reloader whose file is written by the test, and the events that it logs. */
async function reloaderOf(first: string) {
  const lines: Record<string, unknown>[] = []
  const clock = new ManualClock()
  const logger = createLogger({ level: 'info', clock, write: line => lines.push(JSON.parse(line)) })
  const source = { text: first, apply: async (): Promise<readonly string[]> => [] }
  const read: string[] = []
  let current: LoadedConfiguration = await load(first)
  const reloader = new Reloader({
    logger,
    clock,
    current: () => current,
    read: () => {
      read.push(source.text)
      return load(source.text)
    },
    async apply(next) {
      const needRestart = await source.apply()
      current = next
      return needRestart
    }
  })
  return { reloader, source, read, lines: () => lines.splice(0).map(({ level, time, ...facts }) => facts) }
}

t.test('says what has changed, and what needs a restart', async t => {
  const { reloader, source, lines } = await reloaderOf(file(CHAT))
  source.text = file(CHAT + MORE)
  source.apply = async () => ['listen.port']
  const outcome = await reloader.reload('admin')
  t.match(outcome, { applied: true, needRestart: ['listen.port'], warnings: [], durationMs: 0 })
  t.match(outcome, { changes: [{ kind: 'added', subject: 'route', id: 'more', routes: ['more'] }] })
  t.strictSame(lines(), [
    {
      event: 'configuration_reloaded',
      trigger: 'admin',
      changes: 1,
      routes: 2,
      upstreams: 1,
      consumers: 0,
      durationMs: 0
    },
    { event: 'configuration_changed', change: 'added', subject: 'route', id: 'more', routes: 1, settings: 2 },
    { event: 'setting_refused', setting: 'listen.port' }
  ])
})

t.test('refuses a file that does not load, with every problem and its place', async t => {
  const { reloader, source, lines } = await reloaderOf(file(CHAT))
  source.text = file(`${CHAT.replace('upstream: chat', 'upstream: chatt')}${MORE.replace('/v1', 'v1')}`)
  source.apply = () => Promise.reject(new Error('nothing is applied'))
  const outcome = await reloader.reload('signal')
  t.match(outcome, { applied: false, code: 'TACIT_CONFIGURATION_INVALID', problems: [{ line: 4 }, { line: 5 }] })
  t.match(lines(), [
    { event: 'reload_refused', trigger: 'signal', code: 'TACIT_CONFIGURATION_INVALID', problems: 2 },
    { event: 'configuration_refused', line: 4 },
    { event: 'configuration_refused', line: 5 }
  ])
  source.text = file(CHAT)
  source.apply = async () => []
  t.match(await reloader.reload('signal'), { applied: true, changes: [] }, 'against what is in use, nothing is new')
})

t.test('refuses what cannot be put into force, and throws for a fault of its own', async t => {
  const { reloader, source, lines } = await reloaderOf(file(CHAT))
  source.apply = async () => {
    throw new GatewayError('TACIT_PLUGIN_SETUP_FAILED', 'The tide is out.', 'Wait.')
  }
  t.strictSame(await reloader.reload('program'), {
    applied: false,
    code: 'TACIT_PLUGIN_SETUP_FAILED',
    message: 'The tide is out.',
    cure: 'Wait.',
    problems: [],
    durationMs: 0
  })
  source.apply = async () => {
    throw new TypeError('a fault')
  }
  await t.rejects(reloader.reload('program'), { message: 'a fault' })
  t.strictSame(
    lines().map(({ event, code }) => [event, code]),
    [
      ['reload_refused', 'TACIT_PLUGIN_SETUP_FAILED'],
      ['reload_refused', 'TypeError']
    ]
  )
  source.apply = async () => []
  t.match(await reloader.reload('program'), { applied: true }, 'the next one is not hindered')
})

t.test('reloads one after the other, and who asks meanwhile gets one that reads anew', async t => {
  const { reloader, source, read } = await reloaderOf(file(CHAT))
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const begun = Promise.withResolvers<void>()
  source.apply = () => {
    begun.resolve()
    return promise
  }
  const first = reloader.reload('watch')
  await begun.promise
  source.text = file(MORE)
  const second = reloader.reload('watch')
  t.equal(reloader.reload('signal'), second)
  t.not(second, first)
  let isIdle = false
  const idle = reloader.idle().then(() => {
    isIdle = true
  })
  t.strictSame([read.length, isIdle], [1, false])
  resolve([])
  t.match(await first, { applied: true, changes: [] })
  t.match(await second, { applied: true, changes: [{ id: 'chat' }, { id: 'more' }] })
  t.equal(read.length, 2)
  await idle
})
