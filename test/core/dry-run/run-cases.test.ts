import t from 'tap'
import { runCases } from '../../../core/dry-run/run-cases.ts'
import { casesOf, loadForDryRun, pluginOf, TWO_UPSTREAMS } from '../../support/dry.ts'

/** Refuses the third request of each minute, and says at which time and with which body it was asked. */
const counting = pluginOf('counting', {
  reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
  setup: (_config, host) => ({
    async requestFilter(exchange, request) {
      const claim = { counter: 'all', limit: 2, windowMs: 60_000, algorithm: 'fixed', amount: 1 } as const
      const held = await host.limits.hold(exchange, [claim])
      if (!held.granted) return host.refuse('too_many')
      const headers = {
        'x-at': String(host.clock.now()),
        'x-random': String(host.random()),
        'x-body': Buffer.from(request.body.bytes()).toString()
      }
      return { status: 200, headers }
    }
  })
})
const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'counting' }] }, [counting])

/** Runs a file of cases, and says what failed in each. */
async function run(cases: readonly object[], file: object = {}) {
  const written = casesOf({ ...file, cases })
  return (await runCases(loaded, written)).map(({ name, step, failures }) => [
    name,
    step,
    failures.map(({ what }) => what)
  ])
}

const request = { path: '/' }

t.test('each case begins anew; its steps share their state, and time passes between them', async t => {
  const limit = {
    name: 'limit',
    steps: [
      { times: 2, request, expect: { status: 200 } },
      { request, expect: { status: 429, refusal: 'too_many' } },
      { wait: '1m', request, expect: { status: 200 } }
    ]
  }
  t.strictSame(await run([limit, { ...limit, name: 'again' }]), [
    ['limit', undefined, []],
    ['again', undefined, []]
  ])
})

t.test('stops at the first step that fails, and says which', async t => {
  const steps = [
    { request, expect: { status: 200 } },
    { times: 2, request, expect: { status: 200 } },
    { request, expect: { status: 1 + 99 } }
  ]
  t.strictSame(await run([{ name: 'x', steps }]), [['x', 2, ['status']]])
})

t.test('the clock stands where the file says, and the dice repeat', async t => {
  const at = '2026-05-01T12:00:00Z'
  const expect = { answered: { headers: { 'x-at': String(Date.parse(at)) } } }
  t.strictSame(await run([{ name: 'time', request, expect }], { at }), [['time', undefined, []]])
  t.strictSame(await run([{ name: 'time', request, expect }]), [['time', undefined, ['answered.headers.x-at']]])
})

t.test('sends a body as text or as JSON', async t => {
  const expectBody = (body: string) => ({ answered: { headers: { 'x-body': body } } })
  t.strictSame(
    await run([
      { name: 'text', request: { path: '/', method: 'POST', body: 'plain' }, expect: expectBody('plain') },
      { name: 'json', request: { path: '/', method: 'POST', json: { a: [1] } }, expect: expectBody('{"a":[1]}') }
    ]),
    [
      ['text', undefined, []],
      ['json', undefined, []]
    ]
  )
})

t.test('servers answer as a case says', async t => {
  const plain = await loadForDryRun(TWO_UPSTREAMS)
  const cases = [
    { name: 'fails', answers: { eu: { fails: 'reset' } }, request, expect: { status: 502, tries: 1 } },
    {
      name: 'answers',
      answers: { '*': { status: 201, headers: { 'x-y': 'z' }, body: 'hi' } },
      request,
      expect: { status: 201, answered: { headers: { 'x-y': 'z', 'content-length': '2' } } }
    }
  ]
  const results = await runCases(plain, casesOf({ cases }))
  t.strictSame(
    results.map(({ failures }) => failures),
    [[], []]
  )
})
