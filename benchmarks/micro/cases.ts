/**
 * Small parts of the hot path, each as something to be done many times. Every case makes what it needs beforehand, and hands
 * back a number that depends on what was done, so that no compiler may leave it out.
 */
import type { RoutePlan } from '../../core/pipeline/plan.ts'
import { EventCutter, wholeEventsLength } from '../../core/pipeline/sse.ts'
import { advance, type Stage } from '../../core/pipeline/stages.ts'
import { Matcher } from '../../core/server/matcher.ts'
import { exchangeOf } from '../../test/support/exchanges.ts'
import { planOf, stepOf } from '../../test/support/plans.ts'
import { stampedEvent } from '../load/stamped-events.ts'
import { CHAT_PATH } from '../subjects/subject.ts'

/** Something to measure. */
export interface Case {
  readonly name: string
  /** Makes what is needed. @returns does it `times` times */
  prepare(): (times: number) => number
}

const EVENT = Buffer.from(stampedEvent(1_000_000_000))
const TEN_EVENTS = Buffer.concat(Array.from({ length: 10 }, () => EVENT))

function matcherOf(routes: number): Matcher<number> {
  const matcher = new Matcher<number>()
  matcher.add({ hosts: [], methods: ['POST'], path: CHAT_PATH }, 1)
  for (let index = 1; index < routes; index++) {
    const [hosts, path] = index % 2 === 0 ? [[], `/v1/other/${index}`] : [[`tenant-${index}.test`], '/*']
    matcher.add({ hosts, methods: [], path }, index + 1)
  }
  return matcher
}

function matching(name: string, routes: number, host: string, path: string): Case {
  return {
    name: `matcher: ${name}`,
    prepare: () => {
      const matcher = matcherOf(routes)
      return times => {
        let sum = 0
        for (let index = 0; index < times; index++) sum += matcher.find(host, 'POST', path).route ?? 0
        return sum
      }
    }
  }
}

function cutting(name: string, chunks: readonly Buffer[], isRead: boolean): Case {
  return {
    name: `SSE: ${name}`,
    prepare: () => {
      const cutter = new EventCutter()
      let sum = 0
      const each = isRead
        ? (event: { readonly data: string }) => {
            sum += event.data.length
          }
        : (event: { readonly raw: Uint8Array }) => {
            sum += event.raw.length
          }
      return times => {
        for (let index = 0; index < times; index++) for (const chunk of chunks) cutter.push(chunk, each)
        return sum
      }
    }
  }
}

const FILTERS: Stage = {
  phase: 'requestFilter',
  steps: exchange => exchange.plan.requestFilters,
  call: (phases, exchange) => phases.requestFilter?.(exchange, exchange.downstream),
  next: () => {}
}

function planWith(filters: number): RoutePlan {
  // A function each, as plugins have.
  const step = (index: number) => stepOf(`filter-${index}`, { requestFilter: () => {} })
  return planOf([], { steps: Array.from({ length: filters }, (_, index) => step(index)) })
}

function dispatching(filters: number): Case {
  return {
    name: `dispatch: plugins in a phase: ${filters}`,
    prepare: () => {
      const exchange = exchangeOf(planWith(filters))
      return times => {
        for (let index = 0; index < times; index++) advance(exchange, FILTERS, 0)
        return exchange.plan.requestFilters?.length ?? 0
      }
    }
  }
}

/** All cases. */
export const CASES: readonly Case[] = [
  matching('10 routes, a path', 10, 'gateway.test', CHAT_PATH),
  matching('10,000 routes, a path', 10_000, 'gateway.test', CHAT_PATH),
  matching('10,000 routes, a host', 10_000, 'tenant-4999.test', CHAT_PATH),
  matching('10,000 routes, no match', 10_000, 'gateway.test', '/nowhere/at/all'),
  {
    name: 'SSE: whole events in a chunk of one',
    prepare: () => times => {
      let sum = 0
      for (let index = 0; index < times; index++) sum += wholeEventsLength(EVENT)
      return sum
    }
  },
  cutting('a chunk of one event, cut', [EVENT], false),
  cutting('a chunk of one event, cut and read', [EVENT], true),
  cutting('a chunk of ten events, cut', [TEN_EVENTS], false),
  cutting('one event in two chunks, cut', [EVENT.subarray(0, 90), EVENT.subarray(90)], false),
  dispatching(0),
  dispatching(1),
  dispatching(4),
  dispatching(16)
]
