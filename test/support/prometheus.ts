/**
 * A strict reader of Prometheus' text format 0.0.4, for tests: throws for
 * whatever a scraper could stumble over, and for what promtool would warn of.
 */

/** What a page says of one metric. */
export interface ParsedMetric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Value by name and labels, as `name{label="value"}` with unescaped values in the order of the page. */
  readonly samples: ReadonlyMap<string, number>
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/

/** Reads a page. @throws Error with the number of the line that is wrong. */
export function parsePrometheus(text: string): ReadonlyMap<string, ParsedMetric> {
  const metrics = new Map<string, ParsedMetric & { readonly samples: Map<string, number> }>()
  if (!text.endsWith('\n')) throw new Error('the page does not end with a newline')
  let current: { name: string; help: string } | undefined
  for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
    const fail = (problem: string): never => {
      throw new Error(`line ${index + 1} (${line}): ${problem}`)
    }
    const [, helpName, help = ''] = HELP.exec(line) ?? []
    const [, typeName, type] = TYPE.exec(line) ?? []
    if (helpName !== undefined) {
      if (metrics.has(helpName)) fail('the metric was there before')
      if (help === '') fail('there is no help')
      current = { name: helpName, help: unescaped(help, fail) }
    } else if (typeName !== undefined) {
      if (current?.name !== typeName) return fail('TYPE does not follow HELP')
      if (type !== 'counter' && type !== 'gauge' && type !== 'histogram') return fail('no such type')
      metrics.set(typeName, { type, help: current.help, samples: new Map() })
    } else {
      const [, name = '', labels, value = ''] = SAMPLE.exec(line) ?? fail('not a sample')
      const metric = metrics.get(current?.name ?? '')
      if (current === undefined || metric === undefined) return fail('no metric was announced')
      const suffix = name.slice(current.name.length)
      const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
      if (!name.startsWith(current.name) || !suffixes.includes(suffix)) fail('belongs to another metric')
      if (!NUMBER.test(value)) fail('not a number')
      const number = Number(value.replace('Inf', 'Infinity'))
      if (metric.type === 'counter' && !(number >= 0)) fail('a counter is not below zero')
      const key = `${name}{${labels === undefined ? '' : parseLabels(labels, fail)}}`
      if (metric.samples.has(key)) fail('the same series twice')
      metric.samples.set(key, number)
    }
  }
  for (const [name, metric] of metrics) {
    if (metric.type === 'histogram') checkHistogram(name, metric.samples)
    if (metric.type === 'counter' && !name.endsWith('_total')) throw new Error(`${name} does not end in _total`)
  }
  return metrics
}

/** The value of one series. @throws Error if the page does not have it. */
export function sampleOf(metrics: ReadonlyMap<string, ParsedMetric>, metric: string, series = `${metric}{}`): number {
  const value = metrics.get(metric)?.samples.get(series)
  if (value === undefined) throw new Error(`no ${series}`)
  return value
}

function parseLabels(labels: string, fail: (problem: string) => never): string {
  const seen = new Map<string, string>()
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < labels.length) {
    const [, name = '', value = ''] = LABEL.exec(labels) ?? fail('labels cannot be read')
    if (name.startsWith('__')) fail('a reserved label')
    if (seen.has(name)) fail('the same label twice')
    seen.set(name, unescaped(value, fail))
  }
  if (labels === '' || labels.endsWith(',')) fail('braces without a label, or a comma too many')
  return [...seen].map(([name, value]) => `${name}="${value}"`).join(',')
}

function unescaped(text: string, fail: (problem: string) => never): string {
  return text.replace(/\\(.?)/gs, (_, escaped) => {
    if (escaped === 'n') return '\n'
    return escaped === '\\' || escaped === '"' ? escaped : fail('an unknown escape')
  })
}

/** Buckets rise to `+Inf`, which is the count. */
function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const last = new Map<string, { bound: number; count: number }>()
  for (const [series, count] of samples) {
    const [, labels = '', le] = /^\w+_bucket\{(.*?),?le="([^"]*)"\}$/.exec(series) ?? []
    if (le === undefined) continue
    const bound = Number(le.replace('Inf', 'Infinity'))
    const before = last.get(labels)
    if (before !== undefined && !(bound > before.bound && count >= before.count)) throw new Error(`${series} falls`)
    last.set(labels, { bound, count })
  }
  for (const [labels, { bound, count }] of last) {
    if (bound !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no bucket for all`)
    if (samples.get(`${name}_count{${labels}}`) !== count) throw new Error(`${name}_count is not its last bucket`)
    if (!samples.has(`${name}_sum{${labels}}`)) throw new Error(`${name} has no sum`)
  }
}
