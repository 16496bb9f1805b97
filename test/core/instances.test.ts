import t from 'tap'
import { assertDefinition } from '../../core/definition.ts'
import { GatewayError } from '../../core/errors.ts'
import { type InstanceHost, type Place, setUpInstance } from '../../core/instances.ts'
import { definePlugin, type PluginDefinition, SecretText, Type } from '../../core/plugin.ts'
import { handAlarm } from '../support/alarm.ts'

const ROUTE: Place = { kind: 'route', at: 'gateway.yaml:31:14' }
const UPSTREAM: Place = { kind: 'upstream', at: 'gateway.yaml:12:14' }
const BALANCER: Place = { kind: 'balancer', at: 'gateway.yaml:9:17' }

/** A host of which set-up uses only the name. */
function hostOf(instance: string): InstanceHost {
  return { instance } as InstanceHost
}

/** A plugin whose set-up is `setup`, as one without types could write it. */
function pluginOf(setup: (config: unknown) => unknown): PluginDefinition {
  const fields = {
    contract: 1,
    name: 'probe',
    summary: 'Probes.',
    config: Type.Object({}),
    data: { reads: [] }
  } as const
  const exported: unknown = definePlugin(Object.assign({ setup: () => ({}) }, fields, { setup }))
  assertDefinition(exported, 'probe')
  return exported
}

/** Code, message and cure of what a set-up is refused with. */
async function refusal(setup: (config: unknown) => unknown, place = ROUTE, config = {}): Promise<readonly unknown[]> {
  try {
    await setUpInstance(pluginOf(setup), config, hostOf('probe#2'), place)
    return []
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return [error.code, error.message, error.cure]
  }
}

const LIST = {
  listener: 'admin',
  method: 'GET',
  path: '/list',
  role: 'viewer',
  summary: 'Lists.',
  response: Type.Object({})
} as const

t.test('an instance answers the endpoints that its definition declares', async t => {
  const definition = { ...pluginOf(() => ({ endpoints: { list: () => ({}) } })), endpoints: { list: LIST } }
  const instance = await setUpInstance(definition, {}, hostOf('probe'), ROUTE)
  t.strictSame(Object.keys(instance.endpoints), ['list'])
  t.strictSame(
    (
      await setUpInstance(
        pluginOf(() => ({})),
        {},
        hostOf('probe'),
        ROUTE
      )
    ).endpoints,
    {}
  )
})

t.test('an endpoint that nobody answers, or that nobody declared, is refused', async t => {
  const cases: readonly [endpoints: unknown, declared: object, message: RegExp][] = [
    [undefined, { list: LIST }, /nothing answers its endpoint "list"/],
    [{ list: 1 }, { list: LIST }, /nothing answers its endpoint "list"/],
    [
      { list: () => ({}), other: () => ({}) },
      { list: LIST },
      /it answers an endpoint "other" that it does not declare/
    ],
    [{ list: () => ({}) }, {}, /it answers an endpoint "list" that it does not declare/],
    ['list', {}, /its `endpoints` are no object of functions/]
  ]
  for (const [endpoints, declared, message] of cases) {
    const definition = Object.assign({ ...pluginOf(() => ({ endpoints })) }, { endpoints: declared })
    await t.rejects(setUpInstance(definition, {}, hostOf('probe'), ROUTE), { code: 'TACIT_PLUGIN_PHASES', message })
  }
})

t.test('an instance has the name of its host, its definition and the phases', async t => {
  const phases = { requestFilter: () => undefined, logging: undefined }
  const seen: unknown[] = []
  const definition = pluginOf(config => {
    seen.push(config)
    return phases
  })
  const config = { limit: 1 }
  const instance = await setUpInstance(definition, config, hostOf('probe'), ROUTE)
  t.equal(instance.name, 'probe')
  t.equal(instance.definition, definition)
  t.equal(instance.phases, phases)
  t.equal(seen[0], config)
})

t.test('a set-up may take its time', async t => {
  const instance = await setUpInstance(
    pluginOf(async () => ({})),
    {},
    hostOf('probe'),
    ROUTE
  )
  t.strictSame(instance.phases, {})
})

t.test('a phase that does not exist is refused, with the one that was meant', async t => {
  t.strictSame(await refusal(() => ({ logging() {}, reponseFilter() {} })), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:31:14): no phase is called "reponseFilter".',
    'Did you mean "responseFilter"?'
  ])
  t.strictSame(await refusal(() => ({ onBeforeEverything() {} })), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:31:14): no phase is called "onBeforeEverything".',
    'Phases are: requestFilter, upstreamPeers, upstreamPeer, upstreamRequestFilter, upstreamResult, responseFilter, finish, logging, ' +
      'health, show, close.'
  ])
  t.match(await refusal(() => ({ toString() {} })), ['TACIT_PLUGIN_PHASES'])
  t.match(await refusal(() => ({ constructor() {} })), ['TACIT_PLUGIN_PHASES'])
})

t.test('phases that are none are refused', async t => {
  class Probe {
    requestFilter() {}
  }
  const none = ['TACIT_PLUGIN_PHASES', 'probe#2 (gateway.yaml:31:14): its set-up returned no phases.']
  for (const phases of [undefined, null, [], 'phases', () => ({})]) t.match(await refusal(() => phases), none)
  t.match(await refusal(() => new Probe()), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:31:14): its phases are no plain object.'
  ])
  t.match(await refusal(() => ({ requestFilter: true })), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:31:14): its phase "requestFilter" is no function.'
  ])
})

t.test('a balancer on a route is refused, and a balancer that chooses nothing', async t => {
  t.strictSame(await refusal(() => ({ upstreamPeer() {} })), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:31:14): its phase "upstreamPeer" is never called among the plugins of a route.',
    'Use the plugin as the balancer of an upstream.'
  ])
  t.match(await refusal(() => ({ upstreamPeer() {} }), UPSTREAM), ['TACIT_PLUGIN_PHASES'])
  t.strictSame(await refusal(() => ({ upstreamResult() {} }), BALANCER), [
    'TACIT_PLUGIN_PHASES',
    'probe#2 (gateway.yaml:9:17): it is no balancer: it has no phase "upstreamPeer".',
    'Name a balancer such as `weighted`.'
  ])
  t.match(await refusal(() => ({ upstreamPeer: undefined }), BALANCER), ['TACIT_PLUGIN_PHASES'])
  t.strictSame(await refusal(() => ({ upstreamPeer() {}, upstreamResult() {} }), BALANCER), [])
})

t.test('a plugin that judges requests is refused where requests do not pass', async t => {
  for (const place of [UPSTREAM, BALANCER]) {
    const [code, message, cure] = await refusal(() => ({ requestFilter() {}, upstreamPeer() {} }), place)
    t.equal(code, 'TACIT_PLUGIN_PHASES')
    t.match(message, 'its phase "requestFilter" is never called')
    t.equal(cure, 'Use the plugin among the plugins of a route.')
  }
})

t.test('what a refused set-up opened is closed', async t => {
  let closed = 0
  await refusal(() => ({ reponseFilter() {}, close: () => closed++ }))
  t.equal(closed, 1)
  t.match(await refusal(() => ({ reponseFilter() {}, close: () => Promise.reject(new Error('no')) })), [
    'TACIT_PLUGIN_PHASES'
  ])
})

t.test("an author's own sentence is told, without the secrets of the configuration", async t => {
  const config = { header: 'authorization', keys: [{ secret: new SecretText('sk-12345') }, new SecretText('')] }
  const failing = () => {
    throw new Error('the key sk-12345 has no scheme')
  }
  t.strictSame(await refusal(failing, ROUTE, config), [
    'TACIT_PLUGIN_SETUP_FAILED',
    'probe#2 (gateway.yaml:31:14): its set-up failed: the key [secret] has no scheme',
    undefined
  ])
})

t.test('what a parser says is not told, only where it was', async t => {
  const [, message] = await refusal(() => JSON.parse('sk-12345'))
  t.match(message, /^probe#2 \(gateway\.yaml:31:14\): its set-up failed: SyntaxError at .*\.$/)
  t.notMatch(message, 'sk-1')
  const [, typeError] = await refusal(async () => new URL('sk-12345'))
  t.match(typeError, /: its set-up failed: TypeError at /)
  t.notMatch(typeError, 'sk-1')
  const [, thrown] = await refusal(() => Promise.reject('sk-12345'))
  t.equal(thrown, 'probe#2 (gateway.yaml:31:14): its set-up failed: it threw something that is no Error.')
})

t.test("the gateway's own errors keep their cure", async t => {
  const failing = () => {
    throw new GatewayError('TACIT_UPSTREAM_UNKNOWN', 'There is no upstream "x".', 'Name one of: chat.')
  }
  t.strictSame(await refusal(failing), [
    'TACIT_PLUGIN_SETUP_FAILED',
    'probe#2 (gateway.yaml:31:14): its set-up failed: There is no upstream "x".',
    'Name one of: chat.'
  ])
})

t.test('a set-up that takes longer than ten seconds is given up, and closed when it comes after all', async t => {
  const alarm = handAlarm()
  const late = Promise.withResolvers<object>()
  const closed = Promise.withResolvers<string>()
  const starting = setUpInstance(
    pluginOf(() => late.promise),
    {},
    hostOf('probe#2'),
    ROUTE,
    alarm.alarm
  )
  t.strictSame(alarm.pendingMs(), [10_000])
  alarm.ring()
  await t.rejects(starting, {
    code: 'TACIT_PLUGIN_SETUP_SLOW',
    message: 'probe#2 (gateway.yaml:31:14): its set-up was not done after 10 seconds.'
  })
  late.resolve({ close: () => closed.resolve('closed') })
  t.equal(await closed.promise, 'closed')
})

t.test('a set-up that fails after it was given up harms nobody', async t => {
  const alarm = handAlarm()
  const late = Promise.withResolvers<object>()
  const starting = setUpInstance(
    pluginOf(() => late.promise),
    {},
    hostOf('probe'),
    ROUTE,
    alarm.alarm
  )
  alarm.ring()
  await t.rejects(starting, { code: 'TACIT_PLUGIN_SETUP_SLOW' })
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  late.reject(new Error('too late'))
  // Unhandled rejections are told once the microtasks are done, so before the next turn of the event loop.
  await new Promise(setImmediate)
  process.off('unhandledRejection', note)
  t.strictSame(unhandled, [])
})

t.test('an instance is closed once, however often it is asked', async t => {
  let closed = 0
  const instance = await setUpInstance(
    pluginOf(() => ({ close: () => closed++ })),
    {},
    hostOf('probe'),
    ROUTE
  )
  await Promise.all([instance.close(), instance.close()])
  await instance.close()
  t.equal(closed, 1)
  const plain = await setUpInstance(
    pluginOf(() => ({})),
    {},
    hostOf('probe'),
    ROUTE
  )
  await plain.close()
})

t.test('an instance that cannot be closed, or not in time, says so by name', async t => {
  const failing = await setUpInstance(
    pluginOf(() => ({ close: () => Promise.reject(new Error('sk-12345')) })),
    {},
    hostOf('probe'),
    ROUTE
  )
  const failed = { code: 'TACIT_PLUGIN_CLOSE_FAILED', message: 'probe (gateway.yaml:31:14): it could not be closed.' }
  await t.rejects(failing.close(), failed)
  const alarm = handAlarm()
  const stuck = await setUpInstance(
    pluginOf(() => ({ close: () => new Promise(() => {}) })),
    {},
    hostOf('probe'),
    ROUTE,
    alarm.alarm
  )
  const closing = stuck.close()
  alarm.ring()
  await t.rejects(closing, failed)
})
