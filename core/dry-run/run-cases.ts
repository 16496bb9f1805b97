/** Runs cases dry, each on state of its own, and says which are not as expected. */
import type { LoadedConfiguration } from '../configuration/load.ts'
import type { Case, CaseStep, Cases } from './case-schema.ts'
import { DryGateway } from './explain.ts'
import type { AssumedAnswer, DryRequest } from './explanation.ts'
import { type Failure, judge } from './judge.ts'

/** What came of one case. */
export interface CaseResult {
  readonly name: string
  /** Its place in the file, from 0. */
  readonly index: number
  /** Empty when it passed. Of steps, those of the first that failed. */
  readonly failures: readonly Failure[]
  /** Number of the step that failed, from 1; undefined for a case of one request. */
  readonly step: number | undefined
}

/** Runs every case, in the order of the file. @throws GatewayError when a plugin cannot be set up, or for a request that cannot be written. */
export async function runCases(
  loaded: LoadedConfiguration,
  { cases, at, seed }: Cases
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const [index, entry] of cases.entries()) {
    const dry = await DryGateway.open(loaded, { at: Date.parse(at), seed, answers: answersOf(entry) })
    try {
      results.push(await runCase(dry, entry, index))
    } finally {
      await dry.close()
    }
  }
  return results
}

async function runCase(dry: DryGateway, { name, request, expect, steps }: Case, index: number): Promise<CaseResult> {
  const one = request === undefined || expect === undefined ? [] : [{ wait: 0, times: 1, request, expect }]
  for (const [at, step] of (steps ?? one).entries()) {
    const failures = await runStep(dry, step)
    if (failures.length > 0) return { name, index, failures, step: steps === undefined ? undefined : at + 1 }
  }
  return { name, index, failures: [], step: undefined }
}

async function runStep(dry: DryGateway, { wait, times, request, expect }: CaseStep): Promise<readonly Failure[]> {
  if (wait > 0) dry.advance(wait)
  const wanted = requestOf(request)
  for (let count = 1; count < times; count++) await dry.ask(wanted)
  return judge(expect, await dry.ask(wanted))
}

function requestOf({ method, path, headers, body, json, from }: CaseStep['request']): DryRequest {
  const lines = Object.entries(headers)
  const isTyped = lines.some(([name]) => name.toLowerCase() === 'content-type')
  if (json !== undefined && !isTyped) lines.push(['content-type', 'application/json'])
  const content = json === undefined ? body : JSON.stringify(json)
  return {
    method,
    target: path,
    headers: lines,
    ...(content !== undefined && { body: content }),
    ...(from !== undefined && { clientIp: from })
  }
}

function answersOf({ answers }: Case): Readonly<Record<string, AssumedAnswer>> {
  const assumed = Object.entries(answers).map(([peer, { status, fails, headers, body, after }]) => {
    const answer: AssumedAnswer = {
      outcome: fails ?? 'answers',
      status,
      headers,
      afterMs: after,
      ...(body !== undefined && { body })
    }
    return [peer, answer] as const
  })
  return Object.fromEntries(assumed)
}
