import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { opaqueRefusal } from '../../../core/opaque.ts'
import { nestedPlugin, withNestedSteps } from '../../../core/pipeline/nested.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import { type Phases, type PluginDefinition, Type } from '../../../core/plugin.ts'

// That each runs with its own name, events and rights is shown with a gateway in test/plugins/any-of.test.ts.

const step = (name: string, phases: Phases, readsRequestBody = false): Step => ({
  name,
  phases,
  readsRequestBody,
  readsResponseBody: false,
  allowsFailure: false,
  upstreams: new Set(),
  events: new Map()
})

t.test('has the others run by themselves, but for the phase that the one around them calls', t => {
  const filter = () => undefined
  const inner = step('inner', { requestFilter: filter, upstreamRequestFilter: filter }, true)
  const outer = step('outer', { requestFilter: filter })
  const [first, last] = withNestedSteps(outer, [inner])
  t.strictSame(Object.keys(first?.phases ?? {}), ['upstreamRequestFilter'])
  t.strictSame([last?.name, last?.readsRequestBody], ['outer', true], 'its body is collected for the one within')
  t.strictSame(withNestedSteps(outer, []), [outer])
  t.end()
})

t.test('knows a refusal that says that nothing was there', t => {
  const reasons = {
    missing: { status: 401, message: 'None.', retryable: false, isAbsence: true },
    wrong: { status: 401, message: 'Wrong.', retryable: false }
  }
  const definition: PluginDefinition = {
    contract: 1,
    name: 'inner',
    summary: 'x',
    config: Type.Object({}),
    reasons,
    data: { reads: [] },
    setup: () => ({})
  }
  const nested = nestedPlugin(step('inner', {}), definition)
  t.equal(nested.saysAbsent(opaqueRefusal(new Refused('missing', reasons.missing))), true)
  t.equal(nested.saysAbsent(opaqueRefusal(new Refused('wrong', reasons.wrong))), false)
  t.equal(nested.saysAbsent(opaqueRefusal(new Refused('toString', reasons.wrong))), false)
  t.equal(nested.saysAbsent(undefined), false)
  t.end()
})
