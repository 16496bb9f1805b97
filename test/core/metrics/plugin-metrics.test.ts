import t from 'tap'
import { PluginMetrics } from '../../../core/metrics/plugin-metrics.ts'
import { MetricRegistry } from '../../../core/metrics.ts'
import { parsePrometheus } from '../../support/prometheus.ts'

function setUp(maxSeries?: number) {
  const registry = new MetricRegistry(maxSeries === undefined ? {} : { maxSeries })
  const plugins = new PluginMetrics(registry)
  const series = (metric: string) => Object.fromEntries(parsePrometheus(registry.text()).get(metric)?.samples ?? [])
  return { registry, plugins, series }
}

t.test('a counter of a plugin names the plugin, and its own labels in order', async t => {
  const { plugins, series } = setUp()
  const refused = plugins.of('rate-limit#2').counter('refused', 'Requests over a limit.')
  refused.add(1, { window: '60s', kind: 'tokens' })
  refused.add(2, { kind: 'tokens', window: '60s' })
  refused.add(1)
  t.strictSame(series('tacit_plugin_refused_total'), {
    'tacit_plugin_refused_total{plugin="rate-limit#2",kind="tokens",window="60s"}': 3,
    'tacit_plugin_refused_total{plugin="rate-limit#2"}': 1
  })
})

t.test('instances share a metric and keep their own series', async t => {
  const { plugins, series } = setUp()
  for (const instance of ['a', 'b', 'a']) plugins.of(instance).counter('hits_total', 'Hits.').add(1)
  t.strictSame(series('tacit_plugin_hits_total'), {
    'tacit_plugin_hits_total{plugin="a"}': 2,
    'tacit_plugin_hits_total{plugin="b"}': 1
  })
})

t.test('names of OpenTelemetry keep their name, with underscores', async t => {
  const { plugins, series } = setUp()
  plugins.of('metering').histogram('gen_ai.client.token.usage', 'Tokens.').observe(250, { model: 'gpt-5.2/mini' })
  const labels = 'plugin="metering",model="gpt-5.2/mini"'
  const samples = series('gen_ai_client_token_usage')
  t.equal(samples[`gen_ai_client_token_usage_bucket{${labels},le="100"}`], 0)
  t.equal(samples[`gen_ai_client_token_usage_bucket{${labels},le="300"}`], 1)
  t.equal(samples[`gen_ai_client_token_usage_sum{${labels}}`], 250)
})

t.test('a label that does not look like a word of the configuration becomes other', async t => {
  const { plugins, series } = setUp()
  const counter = plugins.of('p').counter('seen', 'Seen.')
  for (const word of ['my name is Ada', 'a"b', 'x'.repeat(129), 'line\nbreak', 'é']) counter.add(1, { word })
  t.strictSame(series('tacit_plugin_seen_total'), { 'tacit_plugin_seen_total{plugin="p",word="other"}': 5 })
})

t.test('labels that cannot be used, or are too many, are left out', async t => {
  const { plugins, series } = setUp()
  const counter = plugins.of('p').counter('seen', 'Seen.')
  counter.add(1, { le: 'x', plugin: 'q', 'not a name': 'x', ok: 'yes' })
  counter.add(
    1,
    Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`l${String(index).padStart(2, '0')}`, 'x']))
  )
  t.strictSame(Object.keys(series('tacit_plugin_seen_total')), [
    'tacit_plugin_seen_total{plugin="p",ok="yes"}',
    `tacit_plugin_seen_total{plugin="p",${Array.from({ length: 8 }, (_, index) => `l0${index}="x"`).join(',')}}`
  ])
})

t.test('too many series are counted as other, and that is counted too', async t => {
  const { plugins, series } = setUp(3)
  const counter = plugins.of('p').counter('seen', 'Seen.')
  for (let user = 0; user < 10; user++) counter.add(1, { user: `user-${user}` })
  t.strictSame(series('tacit_plugin_seen_total'), {
    'tacit_plugin_seen_total{plugin="p",user="user-0"}': 1,
    'tacit_plugin_seen_total{plugin="p",user="user-1"}': 1,
    'tacit_plugin_seen_total{plugin="p",user="user-2"}': 1,
    'tacit_plugin_seen_total{plugin="p",user="other"}': 7
  })
  t.strictSame(series('tacit_metric_overflow_total'), {
    'tacit_metric_overflow_total{metric="tacit_plugin_seen_total"}': 7
  })
})

t.test('what is remembered of labels is bounded, and forgetting it changes no figure', async t => {
  const { plugins, series } = setUp()
  const counter = plugins.of('p').counter('seen', 'Seen.')
  for (let round = 0; round < 3; round++) {
    for (let number = 0; number < 3_000; number++) counter.add(1, { number: `${number % 100}`, round: `${number}` })
  }
  const total = Object.values(series('tacit_plugin_seen_total')).reduce((sum, value) => sum + value, 0)
  t.equal(total, 9_000)
})

t.test('a name that cannot be used, or is taken by another kind, is refused when it is asked for', async t => {
  const { plugins, registry } = setUp()
  registry.gauge('tacit_plugin_taken', 'Taken.', [])
  const metrics = plugins.of('p')
  t.throws(() => metrics.histogram('taken', 'x'), { code: 'TACIT_METRIC_INVALID' })
  t.throws(() => metrics.counter('Not A Name', 'x'), { code: 'TACIT_METRIC_INVALID' })
})
