/** How gateways tell each other until when somebody waits. Pure; what was told may be anything. */

/** @param untilAt ms since the epoch. */
export function writeWait(failures: number, untilAt: number): string {
  return `${failures} ${Math.ceil(untilAt)}`
}

/**
 * What was told; undefined where nobody waits any more, or nobody can tell.
 * @param maxMs Longest wait: a gateway whose clock is ahead must not make it longer.
 */
export function readWait(
  told: string | undefined,
  nowAt: number,
  maxMs: number
): { readonly failures: number; readonly waitMs: number } | undefined {
  const [, failures, untilAt] = /^(\d{1,15}) (\d{1,15})$/.exec(told ?? '') ?? []
  const waitMs = Math.min(Number(untilAt) - nowAt, maxMs)
  return failures !== undefined && waitMs > 0 ? { failures: Number(failures), waitMs } : undefined
}
