/**
 * Where core's own objects take on the opaque types of the contract, and back.
 * The only file besides `plugin.ts` that knows both sides.
 */
import { Refused } from './errors.ts'
import type { Answer, Refusal, UpstreamHandle } from './plugin.ts'

/** A refusal as plugins see it. */
export function opaqueRefusal(refused: Refused): Refusal {
  return refused as unknown as Refusal
}

/** The refusal that a plugin handed back, or undefined if it is something else. */
export function refusedOf(value: unknown): Refused | undefined {
  return value instanceof Refused ? value : undefined
}

/** Whether a phase handed back something that can be sent as a success. */
export function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null || !('status' in value) || !('headers' in value)) return false
  const { status, headers } = value
  return (
    Number.isInteger(status) &&
    Number(status) >= 200 &&
    Number(status) < 400 &&
    typeof headers === 'object' &&
    headers !== null &&
    isBody('body' in value ? value.body : undefined)
  )
}

/** Whether this can be sent as a body: nothing, text, bytes, or pieces that come one after the other. */
function isBody(body: unknown): boolean {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return true
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** An upstream as plugins see it: a frozen object with its id, and the provider that `providerOf` tells when it is asked. */
export function opaqueUpstream(
  id: string,
  providerOf: (id: string) => string | undefined = () => undefined
): UpstreamHandle {
  const handle = {
    id,
    get provider() {
      return providerOf(id)
    }
  }
  return Object.freeze(handle) as UpstreamHandle
}
