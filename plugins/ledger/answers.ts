/**
 * Answers what is asked of usage. Whose usage a consumer sees is decided here, once, by who proved to be calling and by
 * nothing that was sent.
 */
import type { EndpointHandlers, Host, RecordQuery, RecordRow, Refusal } from 'tacit-gateway/plugin'
import { callOf } from './call-record.ts'
import { readPlace, writePlace } from './cursors.ts'
import type { ENDPOINT_REASONS, ENDPOINTS } from './endpoints.ts'
import { figureOf, GROUPS, type Group, inOrder, sumUp } from './figures.ts'
import type { AskedStatement, StatementMaker } from './statements.ts'
import { instantOf, monthAt, monthOf, QUARTER_MS, STEPS, spanOf } from './time.ts'

/** What endpoints work with. */
export type AnswerHost = Pick<Host<typeof ENDPOINT_REASONS>, 'clock' | 'query' | 'rollup' | 'refuse'>

interface When {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly timeZone: string
}

interface Asked extends When {
  readonly step: string
  readonly by: readonly string[]
  readonly credential?: string | undefined
  readonly route?: string | undefined
  readonly model?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

interface AskedCalls extends When {
  readonly credential?: string | undefined
  readonly route?: string | undefined
  readonly model?: string | undefined
  readonly end?: string | undefined
  readonly order: string
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Pages that are looked through for one exchange: a page ends early where there is much to look at. */
const MAX_PAGES = 10_000

/** Answers the endpoints. */
export function answerUsage(
  host: AnswerHost,
  makeStatement: StatementMaker | undefined
): EndpointHandlers<typeof ENDPOINTS>['endpoints'] {
  const { clock } = host

  /** @returns undefined for what is no time. */
  const stretch = ({ from, to, timeZone }: When): { readonly from: number; readonly to: number } | undefined => {
    const now = clock.now()
    const first = from === undefined ? monthOf(monthAt(now, timeZone), timeZone)?.from : instantOf(from, timeZone)
    const last = to === undefined ? Math.floor(now / QUARTER_MS + 1) * QUARTER_MS : instantOf(to, timeZone)
    return first === undefined || last === undefined ? undefined : { from: first, to: last }
  }

  const figures = async (asked: Asked, consumer: string | undefined) => {
    const { timeZone, credential, route, model, limit, cursor } = asked
    const when = stretch(asked)
    const step = STEPS.find(name => name === asked.step) ?? 'total'
    const span = when === undefined ? '' : spanOf(when.from, when.to, step, timeZone)
    if (typeof span === 'string') return host.refuse('time_wrong')
    const by = asked.by.filter(isGroup)
    const after = cursor === undefined ? undefined : readPlace(cursor, by.length)
    if (cursor !== undefined && after === undefined) return host.refuse('cursor_wrong')
    const found = await host
      .rollup('usage', {
        ...span,
        by: [...by.map(group => GROUPS[group]), 'currency'],
        where: { consumer, credential, route, model }
      })
      .catch(invalid)
    if (found === undefined) return host.refuse('too_many_figures')
    const sums = sumUp(found, by).filter(sum => after === undefined || inOrder(sum, after) > 0)
    const page = sums.slice(0, limit)
    const last = page.at(-1)
    const starts = [span.from, ...span.steps]
    const ends = new Map(starts.map((at, index) => [at, starts[index + 1] ?? span.to]))
    return {
      timeZone,
      figures: page.map(sum => figureOf(sum, by, ends)),
      ...(last !== undefined && sums.length > limit && { next: writePlace(last) })
    }
  }

  const calls = async (asked: AskedCalls, consumer: string | undefined, isOwn: boolean) => {
    const when = stretch(asked)
    if (when === undefined || when.from >= when.to) return host.refuse('time_wrong')
    const { credential, route, model, end, limit, cursor } = asked
    const where = Object.fromEntries(
      Object.entries({ consumer, credential, route, model, end }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]]
      )
    )
    const order = asked.order === 'oldest' ? 'oldest' : 'newest'
    const rows: RecordRow[] = []
    let next = cursor
    do {
      const page = await host
        .query('usage', { ...when, where, order, limit: limit - rows.length, cursor: next })
        .catch(invalid)
      if (page === undefined) return host.refuse('cursor_wrong')
      rows.push(...page.rows)
      next = page.cursor
    } while (next !== undefined && rows.length === 0)
    return { calls: rows.map(row => callOf(row, isOwn)), ...(next !== undefined && { next }) }
  }

  const call = async (
    id: string,
    consumer: string | undefined,
    isOwn: boolean
  ): Promise<Record<string, unknown> | Refusal> => {
    const query: RecordQuery = { id, limit: 1, ...(consumer !== undefined && { where: { consumer } }) }
    let cursor: string | undefined
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await host.query('usage', { ...query, cursor })
      const [row] = page.rows
      if (row !== undefined) return callOf(row, isOwn)
      cursor = page.cursor
      if (cursor === undefined) break
    }
    return host.refuse('call_unknown')
  }

  const statement = async (asked: AskedStatement) => {
    if (makeStatement === undefined) return host.refuse('statements_not_configured')
    return (await makeStatement(asked)) ?? host.refuse('month_wrong')
  }

  return {
    statement: ({ params, input }) => statement({ ...params, source: input.source === 'rows' ? 'rows' : 'rollups' }),
    myStatement: ({ params, consumer }) =>
      statement({ month: params.month, consumer: whose(consumer), source: 'rollups' }),
    usage: ({ input }) => figures(input, input.consumer),
    calls: ({ input }) => calls(input, input.consumer, false),
    call: ({ params }) => call(params.exchange, undefined, false),
    mine: ({ input, consumer }) => figures(input, whose(consumer)),
    myCalls: ({ input, consumer }) => calls(input, whose(consumer), true),
    myCall: ({ params, consumer }) => call(params.exchange, whose(consumer), true)
  }
}

/** @throws TypeError where nobody is known: everybody's usage would be meant. */
function whose(consumer: { readonly id: string } | undefined): string {
  if (consumer === undefined || consumer.id === '') throw new TypeError('nobody has said who is calling')
  return consumer.id
}

function isGroup(name: string): name is Group {
  return Object.hasOwn(GROUPS, name)
}

/** A question that does not fit is the sender's fault; anything else is ours. */
function invalid(error: unknown): undefined {
  if (error instanceof Error && Reflect.get(error, 'code') === 'TACIT_QUERY_INVALID') return undefined
  throw error
}
