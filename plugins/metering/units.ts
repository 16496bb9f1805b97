/** Counts what is billed by the piece, by the operator's rules. Pure. */
import type { UnitRule } from './config.ts'

/** What there is to count of a call. */
export interface Measures {
  readonly requestBytes: number
  readonly answerBytes: number
  readonly durationMs: number
}

/** The units of one call, by their names. Rules for the same unit are added. */
export function unitsOf(rules: readonly UnitRule[], measures: Measures): Readonly<Record<string, number>> {
  const units: Record<string, number> = {}
  for (const { unit, per, of } of rules) units[unit] = (units[unit] ?? 0) + Math.ceil(measured(per, measures) / of)
  return units
}

function measured(per: string, { requestBytes, answerBytes, durationMs }: Measures): number {
  switch (per) {
    case 'requestByte':
      return requestBytes
    case 'answerByte':
      return answerBytes
    case 'second':
      return Math.ceil(durationMs / 1000)
    default:
      return 1
  }
}
