/**
 * Two subjects loaded at the same time on the same core. Whatever slows the machine down slows both of them, so the ratio
 * of what they cost is the steadiest figure there is, far steadier than either cost.
 */
import type { Load } from '../load/chat-request.ts'
import type { Running } from '../subjects/subject.ts'
import { alternate, type Bench, type Sample, sampleTogether } from './bench.ts'
import { type Figure, ratioName } from './figures.ts'
import { cell, figure } from './report.ts'
import { median, ratiosOf, type Spread, spreadOf } from './statistics.ts'
import { isNoisy } from './verdict.ts'

/** Two subjects to hold against each other. */
export interface Pair {
  readonly subject: Running
  readonly against: Running
}

/** What became of a pair. */
export interface PairResult {
  readonly subject: string
  readonly against: string
  /** CPU per request of the subject as a multiple of the other's. */
  readonly ratio: Spread
  readonly subjectUs: number
  readonly againstUs: number
  /** Requests to either that were not answered with 200. */
  readonly errors: number
  readonly samples: readonly { readonly subject: Sample; readonly against: Sample }[]
}

/** Head of the table of pairs; {@link pairRow} makes its rows. */
export const PAIR_HEAD: readonly string[] = ['', 'against', 'ratio of CPU', 'µs', 'µs against']

/** Measures the pairs by turns. `load` is what each of the two gets. */
export async function measurePairs(
  bench: Bench,
  pairs: readonly Pair[],
  load: Load,
  rounds: number
): Promise<PairResult[]> {
  const samples = await alternate(pairs, rounds, async ({ subject, against }, round) => {
    bench.say(`round ${round + 1} of ${rounds}: ${subject.name} beside ${against.name}`)
    // Who is loaded first changes too.
    const order = round % 2 === 0 ? [subject, against] : [against, subject]
    const both = await sampleTogether(bench, order, load)
    if (round % 2 === 1) both.reverse()
    const [first, second] = both
    if (first === undefined || second === undefined) throw new Error('two subjects give two samples')
    return { subject: first, against: second }
  })
  return pairs.map(({ subject, against }, index) => {
    const own = samples[index] ?? []
    const subjectUs = own.map(each => each.subject.cpuUs)
    const againstUs = own.map(each => each.against.cpuUs)
    return {
      subject: subject.name,
      against: against.name,
      ratio: spreadOf(ratiosOf(subjectUs, againstUs)),
      subjectUs: median(subjectUs),
      againstUs: median(againstUs),
      errors: own.reduce((sum, each) => sum + each.subject.errors + each.against.errors, 0),
      samples: own
    }
  })
}

/** A pair as a row under {@link PAIR_HEAD}. Failed requests cost something else than answered ones, so they void the ratio. */
export function pairRow({ subject, against, ratio, subjectUs, againstUs, errors }: PairResult): string[] {
  const compared = errors === 0 ? cell(ratio) : `void: ${errors} requests failed`
  return [subject, against, compared, figure(subjectUs), figure(againstUs)]
}

/** The ratios of pairs whose requests were all answered, doubted where the first of them, which is the noise, is wide. */
export function pairFigures(results: readonly PairResult[]): Figure[] {
  const [noise] = results
  const isDoubted = noise === undefined || isNoisy(noise.ratio)
  return results
    .filter(({ errors }) => errors === 0)
    .map(({ subject, against, ratio }) => ({ name: ratioName(subject, against), spread: ratio, isDoubted }))
}
