/**
 * Chooses among the targets of a model those that take a request, and puts them in order. Looks into the request only
 * where a condition asks for it.
 */
import { bodyValue, type Catalogue, type EstimateRules, estimateTokens, type Format } from 'tacit-gateway/dialects'
import { type Consumer, type DownstreamRequest, type Exchange, type Target, Type } from 'tacit-gateway/plugin'
import { callerMisfit, contentMisfit, type Look, looksInto } from './conditions.ts'
import { hasDoor } from './doors.ts'
import { needsOf } from './needs.ts'
import { inOrder } from './order.ts'
import type { Choice, Found } from './routes.ts'

/** What targets are chosen by. */
export interface SelectionParts {
  readonly catalogue: Catalogue
  readonly random: () => number
  readonly estimate: Pick<EstimateRules, 'bytesPerToken' | 'imageTokens'>
  /** Whether requests go to the paths of their providers, which must have one then. */
  readonly usesDoors: boolean
}

/** What was chosen: in order, and why nothing was where it is empty. */
export interface Selection {
  readonly targets: readonly Target[]
  readonly isServedElsewhere: boolean
}

const Anything = Type.Unknown()

/** Whether a provider serves an API at a target, as far as is known. */
export function isServedAt(catalogue: Catalogue, { upstream }: Pick<Choice, 'upstream'>, format: Format): boolean {
  const provider = upstream.provider === undefined ? undefined : catalogue.provider(upstream.provider)
  return provider === undefined || hasDoor(provider.paths, format)
}

/** Chooses. @throws Refusal 400 `invalid_json` for a body that has to be looked into and is none. */
export function selectTargets(
  exchange: Exchange,
  request: DownstreamRequest,
  format: Format,
  { groups }: Found,
  consumer: Consumer | undefined,
  { catalogue, random, estimate, usesDoors }: SelectionParts
): Selection {
  const targets: Target[] = []
  let look: Look | undefined
  let isServedElsewhere = false
  for (const group of groups) {
    const fitting = group.filter(choice => {
      let why = callerMisfit(choice.when, consumer)
      if (why === undefined && looksInto(choice)) {
        look ??= lookInto(format, request, estimate)
        why = contentMisfit(choice, look)
      }
      if (why === undefined && usesDoors && !isServedAt(catalogue, choice, format)) {
        isServedElsewhere = true
        why = 'its provider does not serve this API'
      }
      if (why !== undefined && exchange.isExplained) {
        exchange.decide('target_left_out', { upstream: choice.upstream.id, why })
      }
      return why === undefined
    })
    for (const { upstream, model, on } of inOrder(fitting, random)) {
      targets.push(on === undefined ? { upstream, model } : { upstream, model, on })
    }
  }
  return { targets, isServedElsewhere }
}

function lookInto(
  format: Format,
  { headers, target, body }: DownstreamRequest,
  estimate: SelectionParts['estimate']
): Look {
  const bytes = body.bytes()
  const value = bodyValue(headers.get('content-type'), bytes, () => body.json(Anything))
  const rules = { ...estimate, outputTokens: 0 }
  return {
    inputTokens: estimateTokens(format, target, value, bytes.length, rules).inputTokens,
    needs: needsOf(format, value)
  }
}
