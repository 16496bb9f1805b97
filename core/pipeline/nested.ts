/** Lets one plugin run the `requestFilter` of others that stand within it, each with its own name, events and rights. */
import { refusedOf } from '../opaque.ts'
import type { MaybePromise, NestedPlugin, PluginDefinition } from '../plugin.ts'
import { LiveExchange } from './exchange.ts'
import { isPromise } from './flows.ts'
import type { Step } from './plan.ts'
import { enter } from './stages.ts'

/** A plugin within another, as the one around it calls it. */
export function nestedPlugin(step: Step, { reasons = {} }: PluginDefinition): NestedPlugin {
  return {
    instance: step.name,
    requestFilter(exchange, request) {
      if (!(exchange instanceof LiveExchange)) throw new TypeError('an exchange that is none of this gateway')
      const { step: outer } = exchange
      enter(exchange, step, 'requestFilter')
      const back = () => {
        if (outer !== undefined) enter(exchange, outer, 'requestFilter')
      }
      let outcome: MaybePromise<Awaited<ReturnType<NestedPlugin['requestFilter']>> | void>
      try {
        outcome = step.phases.requestFilter?.(exchange, request)
      } catch (error) {
        back()
        throw error
      }
      if (!isPromise(outcome)) {
        back()
        return outcome ?? undefined
      }
      return outcome.then(later => later ?? undefined).finally(back)
    },
    saysAbsent(outcome) {
      const reason = outcome === undefined ? undefined : refusedOf(outcome)?.reason
      return reason !== undefined && Object.hasOwn(reasons, reason) && reasons[reason]?.isAbsence === true
    }
  }
}

/** The steps of a plugin and of those within it: these run by themselves but for `requestFilter`, which it calls. */
export function withNestedSteps(step: Step, within: readonly Step[]): readonly Step[] {
  if (within.length === 0) return [step]
  const readsRequestBody = step.readsRequestBody || within.some(inner => inner.readsRequestBody)
  const silent = within.map(inner => {
    const { requestFilter: _called, ...phases } = inner.phases
    return { ...inner, phases }
  })
  return [...silent, { ...step, readsRequestBody }]
}
