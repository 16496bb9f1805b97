import t from 'tap'
import { mergePages } from '../../../core/metrics/merge.ts'
import { MetricRegistry } from '../../../core/metrics.ts'

/** A page as a process writes it. */
function page(requests: number, active: number, memory: number, seconds: readonly number[] = []): string {
  const registry = new MetricRegistry()
  registry.counter('requests_total', 'Requests.', ['route']).with('a').add(requests)
  registry.gauge('active', 'Under way.', []).with().set(active)
  registry.gauge('process_resident_memory_bytes', 'Memory.', []).with().set(memory)
  registry
    .gauge('nodejs_eventloop_lag_seconds', 'Lag.', ['quantile'])
    .with('0.5')
    .set(memory / 1000)
  const duration = registry.histogram('seconds', 'Time.', [], [1, 2])
  for (const value of seconds) duration.with().observe(value)
  return registry.text()
}

const lines = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('# '))

t.test('adds up the work, and tells processes apart', async t => {
  const merged = mergePages([
    { process: '1', text: page(3, 1, 100, [0.5, 3]) },
    { process: '2', text: page(4, 2, 200, [1.5]) }
  ])
  const found = lines(merged)
  for (const line of [
    'requests_total{route="a"} 7',
    'active 3',
    'process_resident_memory_bytes{process="1"} 100',
    'process_resident_memory_bytes{process="2"} 200',
    'nodejs_eventloop_lag_seconds{quantile="0.5",process="2"} 0.2',
    'seconds_bucket{le="1"} 1',
    'seconds_bucket{le="2"} 2',
    'seconds_bucket{le="+Inf"} 3',
    'seconds_sum 5',
    'seconds_count 3'
  ]) {
    t.ok(found.includes(line), line)
  }
  t.equal(merged.match(/# TYPE requests_total counter/g)?.length, 1)
})

t.test('of processes that have ended only what can only rise counts', async t => {
  const ended = mergePages([], [page(5, 9, 900, [1]), page(1, 9, 900)])
  t.notMatch(ended, /active|process_|nodejs_/)
  const found = lines(mergePages([{ process: '1', text: page(3, 1, 100) }], [ended]))
  for (const line of ['requests_total{route="a"} 9', 'active 1', 'seconds_count 1']) t.ok(found.includes(line), line)
})

t.test('writes infinities as Prometheus reads them', async t => {
  const text = '# HELP up Up.\n# TYPE up gauge\nup +Inf\ndown -Inf\n'
  t.strictSame(lines(mergePages([{ process: '1', text }])), ['up +Inf', 'down -Inf'])
})
