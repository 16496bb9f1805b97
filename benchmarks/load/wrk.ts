/** What wrk is told, and what it says. Pure: who runs it is in `generator.ts`. */
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { chatBody, type Load, requestHeaders } from './chat-request.ts'
import type { LoadResult } from './generator.ts'

const MARK = 'figures '
const Figures = Type.Object({
  requests: Type.Integer(),
  errors: Type.Integer(),
  us: Type.Integer(),
  p50: Type.Number(),
  p99: Type.Number(),
  p999: Type.Number()
})

/** A Lua script that sends the load's request and prints the figures in one line at the end. */
export function wrkScript(load: Load): string {
  const headers = Object.entries(requestHeaders(load))
  return [
    `wrk.method = ${JSON.stringify(load.method)}`,
    ...headers.map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`),
    ...(load.bodyBytes === 0 ? [] : [`wrk.body = [[${chatBody(load.bodyBytes, load.isStream)}]]`]),
    'function done(summary, latency, requests)',
    '  local e = summary.errors',
    `  io.write(string.format('${MARK}{"requests":%d,"errors":%d,"us":%d,"p50":%.0f,"p99":%.0f,"p999":%.0f}\\n',`,
    '    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration,',
    '    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))',
    'end',
    ''
  ].join('\n')
}

/** Reads the line that the script printed. @throws Error when wrk did not get that far. */
export function parseWrk(output: string): LoadResult {
  const line = output.split('\n').find(each => each.startsWith(MARK))
  const figures: unknown = line === undefined ? undefined : JSON.parse(line.slice(MARK.length))
  if (!Value.Check(Figures, figures)) throw new Error(`wrk printed no figures:\n${output.slice(-500)}`)
  return {
    requests: figures.requests,
    errors: figures.errors,
    seconds: figures.us / 1e6,
    p50Us: figures.p50,
    p99Us: figures.p99,
    p999Us: figures.p999
  }
}
