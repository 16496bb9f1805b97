import { Type } from '@sinclair/typebox'
import t from 'tap'
import { compileRoute, declares, type Step } from '../../../core/pipeline/plan.ts'
import type { Phases, PluginDefinition } from '../../../core/plugin.ts'
import { ManualClock } from '../../support/clock.ts'
import { planOf, stepOf, upstreamAt } from '../../support/plans.ts'

const EVERYTHING: Phases = {
  requestFilter: () => {},
  upstreamPeer: () => undefined,
  upstreamRequestFilter: () => {},
  upstreamResult: () => {},
  responseFilter: () => {},
  finish: () => {},
  logging: () => {}
}

function names(steps: readonly Step[] | null | undefined) {
  return steps?.map(step => step.name)
}

const upstream = upstreamAt(new ManualClock(), ['http://peer.test'])

t.test('each phase has its plugins in the order in which they run', async t => {
  const [a, b, own, other, balancer] = ['a', 'b', 'own', 'other', 'balancer'].map(name => stepOf(name, EVERYTHING))
  if (!(a && b && own && other && balancer)) throw new TypeError('no steps')
  const plan = planOf([{ upstream, steps: [own, other], balancer }], { steps: [a, b] })
  const at = plan.upstreams.get('upstream')
  t.strictSame(
    {
      requestFilters: names(plan.requestFilters),
      upstreamRequestFilters: names(at?.requestFilters),
      results: names(at?.results),
      responseFilters: names(at?.responseFilters),
      ownResponseFilters: names(plan.responseFilters),
      finishers: names(plan.finishers),
      loggers: names(plan.loggers),
      balancer: at?.balancer.name
    },
    {
      requestFilters: ['a', 'b'],
      upstreamRequestFilters: ['a', 'b', 'own', 'other'],
      results: ['a', 'b', 'own', 'other', 'balancer'],
      responseFilters: ['other', 'own', 'b', 'a'],
      ownResponseFilters: ['b', 'a'],
      finishers: ['b', 'a'],
      loggers: ['a', 'b'],
      balancer: 'balancer'
    }
  )
})

t.test('a phase that nobody uses is null', async t => {
  const plan = planOf([{ upstream }], { steps: [stepOf('idle')] })
  const { requestFilters, responseFilters, finishers, loggers } = plan
  t.strictSame(
    { requestFilters, responseFilters, finishers, loggers },
    {
      requestFilters: null,
      responseFilters: null,
      finishers: null,
      loggers: null
    }
  )
  const at = plan.upstreams.get('upstream')
  t.strictSame([at?.requestFilters, at?.results, at?.responseFilters], [null, null, null])
})

t.test('only those that use a phase are in it', async t => {
  const steps = [
    stepOf('a', { finish: () => {} }),
    stepOf('b', { logging: () => {} }),
    stepOf('c', { finish: () => {} })
  ]
  const plan = planOf([{ upstream }], { steps })
  t.strictSame([names(plan.finishers), names(plan.loggers)], [['c', 'a'], ['b']])
})

t.test('knows whether bodies are read on the way to an upstream and on the way out', async t => {
  const filter = { upstreamRequestFilter: () => {} }
  const reads = (steps: readonly Step[], own: readonly Step[]) => {
    const plan = planOf([{ upstream, steps: own }], { steps })
    return [plan.upstreams.get('upstream')?.readsRequestBody, plan.readsResponseBody]
  }
  const request = stepOf('request', filter, { readsRequestBody: true })
  const response = stepOf('response', filter, { readsResponseBody: true })
  t.strictSame(reads([stepOf('none', filter)], [stepOf('none', filter)]), [false, false])
  t.strictSame(reads([request], []), [true, false])
  t.strictSame(reads([], [request]), [true, false])
  t.strictSame(reads([stepOf('early', { requestFilter: () => {} }, { readsRequestBody: true })], []), [false, false])
  t.strictSame(reads([response], []), [false, true])
  t.strictSame(reads([], [response]), [false, true])
})

t.test('each upstream has its own plugins and balancer', async t => {
  const second = upstreamAt(new ManualClock(), ['http://peer.test'], { id: 'second' })
  const reachable = [
    { upstream, steps: [stepOf('a', EVERYTHING)], balancer: stepOf('one') },
    { upstream: second, steps: [stepOf('b', EVERYTHING)], balancer: stepOf('two') }
  ]
  const { upstreams } = compileRoute({ ...planOf([]), steps: [], reachable })
  t.strictSame(
    [...upstreams].map(([id, at]) => [id, at.upstream.id, names(at.requestFilters), at.balancer.name]),
    [
      ['upstream', 'upstream', ['a'], 'one'],
      ['second', 'second', ['b'], 'two']
    ]
  )
})

t.test('a definition declares what it reads', async t => {
  const definition: PluginDefinition = {
    contract: 1,
    name: 'some-plugin',
    summary: 'Reads.',
    config: Type.Object({}),
    data: { reads: ['metadata', 'request-body'] },
    setup: () => ({})
  }
  t.strictSame([declares(definition, 'request-body'), declares(definition, 'response-body')], [true, false])
})
