/**
 * The metrics of plugins. Each series names the plugin instance that counts.
 * Label values that do not look like words of the configuration become
 * `other`, because whatever a label holds is kept for months.
 */
import { type CounterSeries, type HistogramSeries, type MetricRegistry, type OpenMetric, OTHER } from '../metrics.ts'
import type { Metrics } from '../plugin.ts'
import { Branch } from './branch.ts'
import { isLabelName, labelPair } from './exposition.ts'

type PluginLabels = Readonly<Record<string, string>>

/** Bounds for values of unknown unit, from thousandths to a hundred thousand. */
const BOUNDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5]

/** What names of the configuration are made of: ids, files, packages, models. */
const WORD = /^[A-Za-z0-9@._/#:+-]{0,128}$/

/** Names that plugins use as they are, because others know them: OpenTelemetry's, for generative AI. */
const SHARED_NAME = /^gen_ai_/

const NO_LABELS: PluginLabels = Object.freeze({})
const MAX_LABELS = 8
/** Combinations of labels that are found again without being checked again. */
const MAX_KNOWN = 4_000

/** Makes the metrics that plugin instances see. One for each registry: instances share metrics of the same name. */
export class PluginMetrics {
  readonly #registry: MetricRegistry
  readonly #counters = new Map<string, OpenMetric<CounterSeries>>()
  readonly #histograms = new Map<string, OpenMetric<HistogramSeries>>()

  constructor(registry: MetricRegistry) {
    this.#registry = registry
  }

  /**
   * What `host.metrics` is for one instance. Dots in names become underscores; names then become
   * `tacit_plugin_…`, except `gen_ai_…`, and counters end in `_total`. Labels whose name cannot be used are left
   * out. Asking for a metric throws GatewayError `TACIT_METRIC_INVALID` if its name cannot be used or is taken by
   * another kind of metric.
   */
  of(instance: string): Metrics {
    return {
      counter: (name, help) => {
        const counter = shared(this.#counters, publicName(name, '_total'), metric =>
          this.#registry.openCounter(metric, help)
        )
        const seriesOf = labelled(counter, instance)
        return { add: (amount, labels) => seriesOf(labels).add(amount) }
      },
      histogram: (name, help) => {
        const histogram = shared(this.#histograms, publicName(name, ''), metric =>
          this.#registry.openHistogram(metric, help, BOUNDS)
        )
        const seriesOf = labelled(histogram, instance)
        return { observe: (value, labels) => seriesOf(labels).observe(value) }
      }
    }
  }
}

function publicName(name: string, ending: string): string {
  const plain = name.replaceAll('.', '_')
  const prefixed = SHARED_NAME.test(plain) ? plain : `tacit_plugin_${plain}`
  return prefixed.endsWith(ending) ? prefixed : prefixed + ending
}

function shared<Value>(known: Map<string, Value>, name: string, make: (name: string) => Value): Value {
  const found = known.get(name)
  if (found !== undefined) return found
  const made = make(name)
  known.set(name, made)
  return made
}

/** Finds series by what a plugin hands over; checks and writes each combination of labels once. */
function labelled<Series>(metric: OpenMetric<Series>, instance: string): (labels?: PluginLabels) => Series {
  const plugin = labelPair('plugin', instance)
  const known = new Branch<Series>()
  let knownCount = 0
  return (labels = NO_LABELS) => {
    let branch: Branch<Series> | undefined = known
    for (const name in labels) branch = branch?.at(name)?.at(labels[name] ?? '')
    if (branch?.value !== undefined) return branch.value
    if (++knownCount > MAX_KNOWN) {
      known.clear()
      knownCount = 0
    }
    let place = known
    for (const name in labels) place = place.grow(name).grow(labels[name] ?? '')
    place.value = find(metric, plugin, labels)
    return place.value
  }
}

function find<Series>(metric: OpenMetric<Series>, plugin: string, labels: PluginLabels): Series {
  const pairs = Object.entries(labels)
    .filter(([name]) => isLabelName(name) && name !== 'plugin')
    .sort(([name], [next]) => (name < next ? -1 : 1))
    .slice(0, MAX_LABELS)
  const texts = pairs.map(([name, value]) => labelPair(name, WORD.test(value) ? `${value}` : OTHER))
  const others = pairs.map(([name]) => labelPair(name, OTHER))
  return metric.at([plugin, ...texts].join(','), [plugin, ...others].join(','))
}
