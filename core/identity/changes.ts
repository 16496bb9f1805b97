/** A change as one word, as stores keep it. Pure. */
import type { Change } from './identity-store.ts'

/** A change as text: its kind, and what it is of, apart by spaces, which no name holds. */
export function changeText(change: Change): string {
  return change.kind === 'credential' ? `credential ${change.plugin} ${change.digest}` : `${change.kind} ${change.id}`
}

/** Reads a change. @returns undefined for what is none; then nothing that is remembered can be trusted. */
export function readChange(text: unknown): Change | undefined {
  if (typeof text !== 'string') return undefined
  const [kind, first, second, more] = text.split(' ')
  if (first === undefined || first === '' || more !== undefined) return undefined
  if (kind === 'credential') {
    return second === undefined || second === '' ? undefined : { kind, plugin: first, digest: second }
  }
  return (kind === 'consumer' || kind === 'group') && second === undefined ? { kind, id: first } : undefined
}
