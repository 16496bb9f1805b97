import { closeSync, openSync } from 'node:fs'
import t, { type Test } from 'tap'
import { collectProcessMetrics } from '../../../core/metrics/process-metrics.ts'
import { MetricRegistry } from '../../../core/metrics.ts'
import { parsePrometheus, sampleOf } from '../../support/prometheus.ts'

function setUp(t: Test) {
  const registry = new MetricRegistry()
  const stop = collectProcessMetrics(registry)
  t.teardown(stop)
  return { registry, stop, read: () => parsePrometheus(registry.text()) }
}

t.test('a process tells its time, its memory and when it started', async t => {
  const { read } = setUp(t)
  const page = read()
  const usedUs = process.cpuUsage()
  const cpu = sampleOf(page, 'process_cpu_seconds_total')
  t.ok(cpu > 0 && cpu <= (usedUs.user + usedUs.system) / 1e6)
  const parts = ['user', 'system'].map(mode => sampleOf(page, `process_cpu_${mode}_seconds_total`))
  t.ok(Math.abs(cpu - parts.reduce((sum, part) => sum + part)) < 1e-6)
  t.ok(sampleOf(page, 'process_resident_memory_bytes') > 1e7)
  t.ok(sampleOf(page, 'nodejs_heap_size_used_bytes') <= sampleOf(page, 'nodejs_heap_size_total_bytes'))
  t.ok(Math.abs(sampleOf(page, 'process_start_time_seconds') - performance.timeOrigin / 1000) < 0.01)
})

t.test('time on the processor goes on from page to page', async t => {
  const { read } = setUp(t)
  const before = sampleOf(read(), 'process_cpu_seconds_total')
  const untilMs = process.cpuUsage().user + 20_000
  while (process.cpuUsage().user < untilMs);
  t.ok(sampleOf(read(), 'process_cpu_seconds_total') >= before + 0.02)
})

t.test('an event loop that was held up shows it', async t => {
  const { read } = setUp(t)
  const untilMs = performance.now() + 150
  await new Promise(resolve => setImmediate(resolve))
  while (performance.now() < untilMs);
  await new Promise(resolve => setImmediate(resolve))
  const lateS = sampleOf(read(), 'nodejs_eventloop_lag_seconds', 'nodejs_eventloop_lag_seconds{quantile="1"}')
  t.ok(lateS > 0.05 && lateS < 30, `${lateS} s`)
})

t.test('open files are counted where the system tells', { skip: process.platform !== 'linux' }, async t => {
  const { read } = setUp(t)
  const before = sampleOf(read(), 'process_open_fds')
  const file = openSync('/dev/null', 'r')
  t.equal(sampleOf(read(), 'process_open_fds'), before + 1)
  closeSync(file)
  t.ok(sampleOf(read(), 'process_max_fds') > before)
})

t.test('when it is stopped, its figures stay as they are', async t => {
  const { read, stop } = setUp(t)
  read()
  stop()
  const before = sampleOf(read(), 'process_cpu_seconds_total')
  const untilMs = process.cpuUsage().user + 5_000
  while (process.cpuUsage().user < untilMs);
  t.equal(sampleOf(read(), 'process_cpu_seconds_total'), before)
})
