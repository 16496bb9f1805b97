/**
 * Counters, gauges and histograms, and the page that Prometheus reads them
 * from. Labels are bounded twice: by the words that are declared for them, and
 * by a number of series per metric; what goes beyond is counted as `other`.
 * Labels are resolved once: `with` gives a series, and adding to that is one
 * addition. Knows nothing of what is measured.
 */
import { GatewayError } from './errors.ts'
import { Branch } from './metrics/branch.ts'
import { isLabelName, isMetricName, labelPair, metricHead, sample } from './metrics/exposition.ts'

/** A label: its name alone, or with the only words that it takes; any other becomes `other`. */
export type Label = string | { readonly name: string; readonly words: readonly string[] }

/** One value for each label, in the order of their declaration. */
type LabelValues<Labels extends readonly Label[]> = { readonly [Index in keyof Labels]: string }

/** A number that only rises. */
export interface CounterSeries {
  /** What was added so far. */
  readonly value: number
  /** Adds `amount`, 1 if not given. Negative amounts and what is no number are left out. */
  add(amount?: number): void
}

/** A number that rises and falls. */
export interface GaugeSeries {
  set(value: number): void
  add(amount: number): void
}

/** How often values came to lie below each bound. */
export interface HistogramSeries {
  /** How many values lie in each bucket alone, in the order of the bounds; the last has none. Goes on changing. */
  readonly counts: Readonly<Float64Array>
  /** What is no number is left out. */
  observe(value: number): void
}

/** All series of one metric. */
export interface Metric<Series, Labels extends readonly Label[] = readonly Label[]> {
  /** The series for these label values; keep it where it is used often. */
  with(...values: LabelValues<Labels>): Series
}

/** A metric whose series can be dropped, before they are set anew. */
export interface GaugeMetric<Labels extends readonly Label[] = readonly Label[]> extends Metric<GaugeSeries, Labels> {
  clear(): void
}

/** A metric whose series are told by label text; for those who check labels themselves. */
export interface OpenMetric<Series> {
  /** @param labels Pairs as `labelPair` writes them, joined by commas. @param other The series to count in when there are too many. */
  at(labels: string, other: string): Series
}

/** Settings of a {@link MetricRegistry}. */
export interface MetricRegistryOptions {
  /** Series that one metric may have, besides those for all others. Default 2,000. */
  readonly maxSeries?: number
}

/** What stands for the words that a label does not take. */
export const OTHER = 'other'

/** Rows of label values whose series is found without writing them out again. */
const MAX_KNOWN = 4_000

type Type = 'counter' | 'gauge' | 'histogram'

/** All metrics of a process, by name. */
export class MetricRegistry {
  readonly #families = new Map<string, Family<SeriesText>>()
  readonly #taken = new Set<string>()
  readonly #collectors = new Set<() => void>()
  readonly #maxSeries: number
  readonly #overflow: Metric<CounterSeries, ['metric']>
  readonly #collectFailures: CounterSeries

  constructor({ maxSeries = 2_000 }: MetricRegistryOptions = {}) {
    this.#maxSeries = maxSeries
    this.#overflow = this.counter(
      'tacit_metric_overflow_total',
      'Times that a metric had too many series to make another, so that it was counted as other.',
      ['metric']
    )
    this.#collectFailures = this.counter(
      'tacit_metric_collect_failures_total',
      'Times that figures could not be collected for this page.',
      []
    ).with()
  }

  /**
   * A metric that only rises; its name ends in `_total`.
   * @throws GatewayError `TACIT_METRIC_INVALID` for a name that is taken or cannot be used.
   */
  counter<const Labels extends readonly Label[]>(
    name: string,
    help: string,
    labels: Labels
  ): Metric<CounterSeries, Labels> {
    return new LabelledMetric(name, labels, this.openCounter(name, help))
  }

  /** A metric that rises and falls. @throws like {@link counter}. */
  gauge<const Labels extends readonly Label[]>(name: string, help: string, labels: Labels): GaugeMetric<Labels> {
    return new LabelledMetric(
      name,
      labels,
      this.#add(name, 'gauge', help, () => new Gauge())
    )
  }

  /**
   * A metric of how values are spread.
   * @param bounds Upper bounds of the buckets, rising and finite; one without a bound comes after them.
   * @throws like {@link counter}, and for bounds that do not rise.
   */
  histogram<const Labels extends readonly Label[]>(
    name: string,
    help: string,
    labels: Labels,
    bounds: readonly number[]
  ): Metric<HistogramSeries, Labels> {
    return new LabelledMetric(name, labels, this.openHistogram(name, help, bounds))
  }

  /** Like {@link counter}, with labels that are told at each use. */
  openCounter(name: string, help: string): OpenMetric<CounterSeries> {
    if (!name.endsWith('_total')) throw invalid(name, 'a counter ends in "_total"')
    return this.#add(name, 'counter', help, () => new Counter())
  }

  /** Like {@link histogram}, with labels that are told at each use. */
  openHistogram(name: string, help: string, bounds: readonly number[]): OpenMetric<HistogramSeries> {
    const rise = bounds.every((bound, index) => bound > (bounds[index - 1] ?? Number.NEGATIVE_INFINITY))
    if (bounds.length === 0 || !rise || !bounds.every(Number.isFinite)) throw invalid(name, 'its bounds must rise')
    const sorted = Float64Array.from(bounds)
    return this.#add(name, 'histogram', help, () => new Histogram(sorted))
  }

  /** Calls `collect` before each page, to set what is only known by looking. @returns how to stop. */
  onCollect(collect: () => void): () => void {
    this.#collectors.add(collect)
    return () => {
      this.#collectors.delete(collect)
    }
  }

  /** The page, in the format of `EXPOSITION_CONTENT_TYPE`. */
  text(): string {
    for (const collect of this.#collectors) {
      try {
        collect()
      } catch {
        this.#collectFailures.add()
      }
    }
    let page = ''
    for (const family of this.#families.values()) page += family.text()
    return page
  }

  #add<Series extends SeriesText>(name: string, type: Type, help: string, make: () => Series): Family<Series> {
    if (!isMetricName(name)) throw invalid(name, 'its name must be lower-case words joined by underscores')
    const names = type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
    if (names.some(each => this.#taken.has(each))) throw invalid(name, 'its name is taken')
    for (const each of names) this.#taken.add(each)
    const overflowed = () => this.#overflow.with(name).add()
    const family = new Family(name, metricHead(name, type, help), make, this.#maxSeries, overflowed)
    this.#families.set(name, family)
    return family
  }
}

/** A series, as the page shows it. */
interface SeriesText {
  text(name: string, labels: string): string
}

/** The series of one metric, by label text. */
class Family<Series extends SeriesText> implements OpenMetric<Series> {
  readonly #name: string
  readonly #head: string
  readonly #make: () => Series
  readonly #maxSeries: number
  readonly #overflowed: () => void
  readonly #series = new Map<string, Series>()

  constructor(name: string, head: string, make: () => Series, maxSeries: number, overflowed: () => void) {
    this.#name = name
    this.#head = head
    this.#make = make
    this.#maxSeries = maxSeries
    this.#overflowed = overflowed
  }

  at(labels: string, other: string): Series {
    const found = this.#series.get(labels)
    if (found !== undefined) return found
    if (this.#series.size >= this.#maxSeries && labels !== other) {
      this.#overflowed()
      return this.at(other, other)
    }
    const series = this.#make()
    this.#series.set(labels, series)
    return series
  }

  clear(): void {
    this.#series.clear()
  }

  text(): string {
    let text = this.#head
    for (const [labels, series] of this.#series) text += series.text(this.#name, labels)
    return text
  }
}

/** A metric whose labels are declared. */
class LabelledMetric<Series, Labels extends readonly Label[]> implements Metric<Series, Labels> {
  readonly #name: string
  readonly #names: readonly string[]
  readonly #words: readonly (ReadonlySet<string> | undefined)[]
  readonly #family: OpenMetric<Series> & { clear?(): void }
  readonly #other: string
  /** Series that were found before, by their label values. */
  readonly #known = new Branch<Series>()
  #knownCount = 0

  constructor(name: string, labels: Labels, family: OpenMetric<Series> & { clear?(): void }) {
    this.#name = name
    this.#names = labels.map(label => (typeof label === 'string' ? label : label.name))
    this.#words = labels.map(label => (typeof label === 'string' ? undefined : new Set(label.words)))
    if (!this.#names.every(isLabelName) || new Set(this.#names).size !== labels.length) {
      throw invalid(name, 'its labels are misnamed')
    }
    this.#family = family
    this.#other = this.#names.map(label => labelPair(label, OTHER)).join(',')
    // A metric without labels is shown from the start, so that its absence means something.
    if (labels.length === 0) family.at('', '')
  }

  with(...values: LabelValues<Labels>): Series {
    let branch: Branch<Series> | undefined = this.#known
    for (const value of values) branch = branch?.at(value)
    return branch?.value ?? this.#find(values)
  }

  #find(values: LabelValues<Labels>): Series {
    if (values.length !== this.#names.length) throw invalid(this.#name, 'it was given too few or too many labels')
    const pairs = this.#names.map((name, index) => {
      const value = values[index] ?? OTHER
      return labelPair(name, this.#words[index]?.has(value) === false ? OTHER : value)
    })
    const series = this.#family.at(pairs.join(','), this.#other)
    if (++this.#knownCount > MAX_KNOWN) this.#forget()
    let branch = this.#known
    for (const value of values) branch = branch.grow(value)
    branch.value = series
    return series
  }

  #forget(): void {
    this.#known.clear()
    this.#knownCount = 0
  }

  clear(): void {
    this.#forget()
    this.#family.clear?.()
  }
}

class Counter implements CounterSeries, SeriesText {
  #value = 0
  get value(): number {
    return this.#value
  }
  add(amount = 1): void {
    if (amount >= 0) this.#value += amount
  }
  text(name: string, labels: string): string {
    return sample(name, labels, this.#value)
  }
}

class Gauge implements GaugeSeries, SeriesText {
  #value = 0
  set(value: number): void {
    this.#value = value
  }
  add(amount: number): void {
    this.#value += amount
  }
  text(name: string, labels: string): string {
    return sample(name, labels, this.#value)
  }
}

class Histogram implements HistogramSeries, SeriesText {
  readonly #bounds: Float64Array
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: Float64Array) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  get counts(): Readonly<Float64Array> {
    return this.#counts
  }

  observe(value: number): void {
    if (Number.isNaN(value)) return
    let bucket = 0
    // A bound belongs to its bucket. A search by halves is no faster for the dozen of bounds that metrics have.
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  text(name: string, labels: string): string {
    const comma = labels === '' ? '' : ','
    let text = ''
    let count = 0
    for (const [bucket, bound] of this.#bounds.entries()) {
      count += this.#counts[bucket] ?? 0
      text += sample(`${name}_bucket`, `${labels}${comma}le="${bound}"`, count)
    }
    count += this.#counts[this.#bounds.length] ?? 0
    text += sample(`${name}_bucket`, `${labels}${comma}le="+Inf"`, count)
    return text + sample(`${name}_sum`, labels, this.#sum) + sample(`${name}_count`, labels, count)
  }
}

function invalid(name: string, problem: string): GatewayError {
  return new GatewayError('TACIT_METRIC_INVALID', `The metric "${name}" cannot be used: ${problem}.`)
}
