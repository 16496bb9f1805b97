/**
 * Prometheus' text format, version 0.0.4: names, escapes and numbers. Pure.
 * Source: prometheus.io, "Exposition formats".
 */

/** What an answer in this format says it is. */
export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const METRIC_NAME = /^[a-z_][a-z0-9_]{0,127}$/
const LABEL_NAME = /^[a-z][a-z0-9_]{0,63}$/

/** Whether a metric may be called so. Lower case only, and no colons: those are for recording rules. */
export function isMetricName(name: string): boolean {
  return METRIC_NAME.test(name)
}

/** Whether a label may be called so; `le` is taken by histograms, and two leading underscores by Prometheus. */
export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name) && name !== 'le'
}

/** The two lines above the series of a metric. */
export function metricHead(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

/** `name="value"`. */
export function labelPair(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `${name}="${escaped}"`
}

/** One line. `labels` are pairs joined by commas, or empty. */
export function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${formatNumber(value)}\n` : `${name}{${labels}} ${formatNumber(value)}\n`
}

/** A number as Go reads it. */
export function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return `${value}`
}
