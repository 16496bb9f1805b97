import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { busyMetrics, labelsOf } from '../support/busy-gateway.ts'

const CORE = resolve(import.meta.dirname, '../../core')
const page = readFileSync(join(CORE, 'metrics', 'README.md'), 'utf8')

/** Rows of the page, by the name of the metric. */
const rows = new Map(
  [...page.matchAll(/^\| `([a-z_]+)` \| (counter|gauge|histogram) \|([^|]*)\| (.*) \|$/gm)].map(
    ([, name = '', type = '', labels = '', what = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label), what }
    ]
  )
)

t.test('the page tells every metric of a gateway, as it is', async t => {
  const metrics = await busyMetrics(t)
  t.ok(metrics.size > 20)
  for (const [name, metric] of metrics) {
    if (name.startsWith('tacit_plugin_') && !rows.has(name)) continue
    const row = rows.get(name)
    t.strictSame([row?.type, row?.what], [metric.type, metric.help], name)
    for (const label of labelsOf(metric)) t.ok(row?.labels.includes(label), `${name}: ${label}`)
  }
  // What a series has, it has in full.
  for (const name of [
    'tacit_exchanges_total',
    'tacit_refusals_total',
    'tacit_attempts_total',
    'tacit_plugin_failures_total'
  ]) {
    const metric = metrics.get(name)
    t.strictSame(metric && [...labelsOf(metric)].sort(), rows.get(name)?.labels.toSorted(), name)
  }
})

t.test('the page tells no metric that nobody makes, and what each label holds', async t => {
  const sources = readdirSync(CORE, { recursive: true })
    .map(String)
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(CORE, file), 'utf8'))
  for (const name of rows.keys())
    t.ok(
      sources.some(source => source.includes(`'${name}'`)),
      name
    )
  const [, explained = ''] = page.split('## What labels hold')
  for (const label of new Set([...rows.values()].flatMap(({ labels }) => labels))) {
    t.ok(explained.includes(`\`${label}\``), label)
  }
})
