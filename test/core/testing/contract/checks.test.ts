import { type Phases, type PluginDefinition, Type } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import {
  checkAborts,
  checkBodies,
  checkPhases,
  checkReload,
  checkSlowReader,
  type Trial
} from '../../../../core/testing/contract/checks.ts'
import { Probe } from '../../../../core/testing/contract/probe.ts'
import { countPromises } from '../../../../core/testing/contract/promises.ts'
import { Findings } from '../../../../core/testing/contract/report.ts'

const BODY = 'data: a\n\ndata: b\n\ndata: c\n\n'

/** A trial of a plugin with these phases, and how many of its instances are open. */
function trialOf(t: { teardown(work: () => unknown): void }, phases: () => Phases) {
  const findings = new Findings()
  const promises = countPromises()
  t.teardown(() => promises.stop())
  const open = { now: 0, most: 0 }
  const definition: PluginDefinition = {
    contract: 1,
    name: 'sample',
    summary: 'For a test.',
    config: Type.Object({}),
    data: { reads: ['response-body'] },
    setup: phases
  }
  const sample = { response: { headers: { 'content-type': 'text/event-stream' }, body: BODY } }
  const trial: Trial = {
    name: 'a stream',
    findings,
    body: Buffer.from(BODY),
    isEventStream: true,
    isCut: false,
    async with(isSlow, work) {
      const fault: ConstructorParameters<typeof Probe>[1]['fault'] = (check, what) =>
        findings.add(check, 'a stream', what)
      const probe = new Probe(definition, { promises, isSlow, fault })
      const driven = await drive(probe.plugin)
      open.now++
      open.most = Math.max(open.most, open.now)
      try {
        return await work({ definition, driven, probe, sample, isBalancer: false, settleMs: 1000 })
      } finally {
        await driven.close()
        open.now--
      }
    }
  }
  return { trial, findings, open }
}

t.test('every check runs what it says, and leaves no instance open', async t => {
  const { trial, findings, open } = trialOf(t, () => ({}))
  const expected = await checkPhases(trial)
  t.equal(expected[0].body, BODY)
  await checkBodies(trial, expected[0])
  await checkAborts(trial)
  await checkSlowReader(trial, expected[0])
  await checkReload(trial, expected)
  const { findings: found, runs } = findings.report()
  t.strictSame(found, [])
  t.strictSame(open, { now: 0, most: 2 })
  const bytes = BODY.length
  t.equal(runs.bodies, bytes - 1 + 1, 'between any two bytes, and byte by byte')
  t.equal(runs.phases, 3)
  t.equal(runs['slow-reader'], 1)
  t.equal(runs.aborts, 7 * 2 + bytes, 'at every point, with another exchange after it, and a cut after every byte')
  t.equal(runs.reload, 7 * 2)
})

t.test('a difference is told with the part in which it was seen', async t => {
  let count = 0
  const { trial, findings } = trialOf(t, () => ({
    responseFilter: (_exchange, { headers }) => headers.set('x-count', String(++count))
  }))
  const [first] = await checkPhases(trial)
  await checkBodies(trial, first)
  t.strictSame(findings.report().findings, [
    {
      check: 'phases',
      exchange: 'a stream',
      what: 'the head of the response is another when it has to wait for its host'
    },
    {
      check: 'bodies',
      exchange: 'a stream',
      what: 'the head of the response is another when its bytes are split at 1'
    },
    {
      check: 'bodies',
      exchange: 'a stream',
      what: 'the head of the response is another when its bytes come one by one'
    }
  ])
})
