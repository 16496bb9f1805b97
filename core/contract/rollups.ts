/** Figures of rows, added up by time and by who and what: how a kind declares them, and how they are asked for. Types only. */
import type { RecordValue } from './records.ts'

/**
 * What is added up of a kind's rows. Figures are of class `billing`: they outlive the rows, for as long as
 * `records.keep.billing` says. They are kept for each quarter of an hour, hour, day and month of UTC, so that
 * the days and months of every time zone can be made of them.
 */
export interface RecordRollup {
  /** Fields that figures are told apart by, 1 to 8: `KnownName`s and words. The subject may be one of them. */
  readonly by: readonly string[]
  /** Fields that are added up: integers from 0, and `BigInt`s. Sums of integers stop at 2^53 - 1. */
  readonly sum: readonly string[]
  /** Rows that are counted under a name: those where a field `is` something, or is there at all. */
  readonly count?: Readonly<Record<string, { readonly field: string; readonly is?: RecordValue }>>
}

/** What to read of a kind's figures. */
export interface RollupQuery {
  /** First instant of the first step, and of the first after the last: ms since the epoch, on a quarter of an hour. */
  readonly from: number
  readonly to: number
  /** Instants between them at which one step ends and the next begins, from the earliest; at most 1,000. Default: none. */
  readonly steps?: readonly number[] | undefined
  /** Fields to tell figures apart by: some of the rollup's. */
  readonly by?: readonly string[] | undefined
  /** Values that fields of the rollup must have; `null` for rows that were written without. */
  readonly where?: Readonly<Record<string, string | null | undefined>> | undefined
}

/** Figures of one step and of one of each of the fields that were asked for. */
export interface RollupFigures {
  /** First instant of the step. */
  readonly at: number
  /** What the figures belong to; a field is not there for rows that were written without it, or whose subject was erased. */
  readonly by: Readonly<Record<string, string>>
  /** How many rows there were. */
  readonly rows: number
  /** Of `sum` and of `count`: sums of `BigInt`s are bigint. */
  readonly sums: Readonly<Record<string, number | bigint>>
}
