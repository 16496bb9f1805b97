import { readFileSync } from 'node:fs'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { busyMetrics, labelsOf } from '../support/busy-gateway.ts'
import type { ParsedMetric } from '../support/prometheus.ts'

const Panel = Type.Object({
  id: Type.Integer(),
  type: Type.Union([Type.Literal('row'), Type.Literal('stat'), Type.Literal('timeseries')]),
  title: Type.String({ minLength: 1 }),
  gridPos: Type.Object({ x: Type.Integer(), y: Type.Integer(), w: Type.Integer(), h: Type.Integer() }),
  targets: Type.Optional(Type.Array(Type.Object({ expr: Type.String(), refId: Type.String() }), { minItems: 1 }))
})

const Dashboard = Type.Object({
  title: Type.String(),
  uid: Type.String(),
  schemaVersion: Type.Integer(),
  templating: Type.Object({ list: Type.Array(Type.Object({ name: Type.String() })) }),
  panels: Type.Array(Panel, { minItems: 10 })
})

function read(): Static<typeof Dashboard> {
  const text = readFileSync(new URL('../../examples/grafana/dashboard.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  Value.Assert(Dashboard, parsed)
  return parsed
}

const dashboard = read()
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Words of the query language, and labels that Prometheus adds itself. */
const LANGUAGE = new Set(['sum', 'max', 'by', 'rate', 'histogram_quantile', 'le', 'instance', '__rate_interval'])

/** What is wrong with a query, given what a gateway says. */
function faultsOf(query: string, metrics: ReadonlyMap<string, ParsedMetric>): readonly string[] {
  const asked = query.replace(/by \([^)]*\)/g, '')
  const found = [...asked.matchAll(/\b((?:tacit|http|process|nodejs)_[a-z_]+)(?=[{[)])/g)].map(([, name = '']) => name)
  const known = found.flatMap(
    name => metrics.get(name) ?? metrics.get(name.replace(/_(?:bucket|count|sum)$/, '')) ?? []
  )
  if (found.length === 0 || known.length < found.length) return [`no such metric: ${query}`]
  const labels = new Set([...LANGUAGE, ...known.flatMap(metric => [...labelsOf(metric)])])
  const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const selected = [...query.matchAll(/[{,]\s*(\w+)(?:=|!=|=~)/g)].map(([, label = '']) => label)
  return [...grouped, ...selected].filter(label => !labels.has(label)).map(label => `no label ${label}: ${query}`)
}

t.test('every query asks for metrics and labels that a gateway has', async t => {
  const metrics = await busyMetrics(t)
  t.ok(queries.length > 20)
  t.strictSame(
    queries.flatMap(query => faultsOf(query, metrics)),
    []
  )
  t.strictSame(faultsOf('sum(tacit_gone[5m])', metrics), ['no such metric: sum(tacit_gone[5m])'])
  const wrong = 'sum by (colour) (rate(tacit_attempts_total{shape="round"}[5m]))'
  t.strictSame(faultsOf(wrong, metrics), [`no label colour: ${wrong}`, `no label shape: ${wrong}`])
})

t.test('queries are whole, and use variables that there are', async t => {
  const variables = new Set([...dashboard.templating.list.map(({ name }) => name), '__rate_interval'])
  for (const query of queries) {
    for (const [open, close] of ['()', '{}', '[]']) {
      t.equal(query.split(`${open}`).length, query.split(`${close}`).length, query)
    }
    for (const [, name = ''] of query.matchAll(/\$\{?(\w+)/g)) t.ok(variables.has(name), `${name} in ${query}`)
    t.notMatch(query, /quantile\([^)]*_seconds\[|rate\([^)]*_seconds\[/, 'a histogram is asked by its buckets')
  }
})

t.test('panels have their own numbers, and do not lie on each other', async t => {
  const { panels } = dashboard
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        t.notOk(taken.has(`${x} ${y}`), title)
        taken.add(`${x} ${y}`)
      }
    }
  }
})
