/** Figures by name, so that what one part of a run measured can be held against a goal in another. Pure. */
import type { Spread } from './statistics.ts'

/** One figure that a section vouches for. */
export interface Figure {
  readonly name: string
  readonly spread: Spread
  /** Neighbours were busy, and figures of its kind suffer from them. */
  readonly isDoubted: boolean
}

/** Name of the ratio of what two subjects cost. */
export function ratioName(subject: string, against: string): string {
  return `${subject} / ${against}`
}

/** What is measured of streams. */
export type StreamMeasure = 'added p50 ms' | 'p99 ms' | 'merged %'

/** Name of a figure of streams through a subject. */
export function streamName(streams: number, periodMs: number, measure: StreamMeasure, subject: string): string {
  return `${streams} streams, every ${periodMs} ms: ${measure}: ${subject}`
}

/** Name of the ratio of what an event costs two subjects. */
export function eventRatioName(subject: string, against: string): string {
  return `event: ${ratioName(subject, against)}`
}

/** What is measured of memory, in bytes. */
export type MemoryMeasure = 'RSS before streams' | 'per stream, second thousand'

/** Name of a figure of a subject's memory. */
export function memoryName(measure: MemoryMeasure, subject: string): string {
  return `memory: ${measure}: ${subject}`
}
