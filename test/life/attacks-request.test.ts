import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import { REQUESTS } from '../fixtures/attacks/requests.ts'
import { type AttackCase, attempt, complaints, wholeRequest } from '../support/attacks.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { Recorder } from '../support/recorder.ts'
import { attackOf, SHARED_CASES_MISSING, sharedCases } from '../support/shared-cases.ts'

const DIGEST_KEY = 'a key for digests in tests'

/** Lets one model pass, whatever the type of the body is said to be. */
const MODEL_GUARD = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: 'model-guard',
  summary: 'Lets one model pass.',
  guard: true,
  config: Type.Object({}),
  reasons: { model_denied: { status: 403, message: 'Not this model.', retryable: false } },
  data: { reads: ['request-body'] },
  setup: (_config, host) => ({
    requestFilter: (_exchange, request) =>
      request.body.scan(['model'])[0] === 'allowed-model' ? undefined : host.refuse('model_denied')
  })
})
`

const recorder = await Recorder.start()
t.teardown(() => recorder.close())
const upstreams = [upstreamOf([`http://${recorder.authority}`])]

/** Serves every path. */
const open = await startTestGateway(t, { upstreams, routes: [routeOf()] })

/** Serves some paths, some of them to whoever has a key, and nothing below `/admin`. */
const guarded = await startTestGateway(
  t,
  {
    upstreams,
    digestKey: `\${DIGEST_KEY}`,
    consumers: [{ id: 'good', credentials: { 'key-auth': { keyHash: keyedDigest(DIGEST_KEY, 'GOODKEY') } } }],
    routes: [
      routeOf({ id: 'echo', match: { path: '/echo' } }),
      routeOf({ id: 'echo-below', match: { path: '/echo/*' } }),
      routeOf({ id: 'models', match: { path: '/v1/models' }, plugins: [{ use: 'key-auth' }] }),
      routeOf({ id: 'models-below', match: { path: '/v1/models/*' } }),
      routeOf({ id: 'gemini', match: { path: '/v1beta/models/*' } }),
      routeOf({
        id: 'chat',
        match: { path: '/v1/chat/completions' },
        plugins: [{ use: 'key-auth' }, { use: './model-guard.ts' }]
      }),
      routeOf({
        id: 'admin-host',
        match: { path: '/*', host: 'admin.gw.test' },
        plugins: [{ use: 'key-auth' }]
      })
    ]
  },
  { environment: { DIGEST_KEY }, files: { 'model-guard.ts': MODEL_GUARD } }
)

const NEEDS_GUARDS = new Set(['path', 'host', 'auth', 'content-type'])

async function judge(attack: AttackCase): Promise<readonly string[]> {
  const gateway = NEEDS_GUARDS.has(attack.class) ? guarded : open
  const mustAnswer = attack.expected === 'forward-safe' || attack.expected === 'forward-stripped'
  const whole = mustAnswer ? { ...attack, raw: wholeRequest(attack.raw) } : attack
  const outcome = await attempt(Number(new URL(gateway.url).port), recorder, whole.raw, mustAnswer ? 1 : 0)
  return complaints(whole, outcome)
}

function byClass(cases: readonly AttackCase[]): ReadonlyMap<string, readonly AttackCase[]> {
  return Map.groupBy(cases, each => each.class)
}

for (const [kind, cases] of byClass(REQUESTS)) {
  t.test(`does with every request of the kind "${kind}" what it must`, async t => {
    for (const attack of cases) t.strictSame(await judge(attack), [], `${attack.expected}: ${attack.id}`)
  })
}

t.test('does with every shared request what it must', { skip: SHARED_CASES_MISSING ?? false }, async t => {
  for (const [kind, cases] of byClass(sharedCases('http-request').map(attackOf))) {
    await t.test(kind, async t => {
      for (const attack of cases) t.strictSame(await judge(attack), [], `${attack.expected}: ${attack.id}`)
    })
  }
})
