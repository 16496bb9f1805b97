/** How operators write what makes the gateway try again, or go on to the next target. Pure. */
import { type TString, type TTransform, Type } from '@sinclair/typebox'
import type { NextTargetOn } from './upstreams.ts'

/** `connect_failed`, `timed_out`, `reset`, `rejected`, or a status from 400 to 599, as a number or as text. */
export function NextOn(): TTransform<TString, NextTargetOn> {
  return Type.Transform(
    Type.String({
      pattern: '^(connect_failed|timed_out|reset|rejected|[45][0-9]{2})$',
      unit: 'retryOn',
      orNumber: { minimum: 400, maximum: 599 },
      examples: ['connect_failed', 'timed_out', 'reset', 'rejected', 429, 503]
    })
  )
    .Decode(nextOn)
    .Encode(String)
}

/** What was checked against the pattern above: an outcome, or a status as a number. */
function nextOn(text: string): NextTargetOn {
  switch (text) {
    case 'connect_failed':
    case 'timed_out':
    case 'reset':
    case 'rejected':
      return text
    default:
      return Number(text)
  }
}
