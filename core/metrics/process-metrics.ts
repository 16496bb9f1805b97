/**
 * What a process says of itself: time on the processor, memory, files, and how
 * late its event loop is. Names are those that Prometheus' client libraries use.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MetricRegistry } from '../metrics.ts'

/** How often the event loop is asked for the time, in ms. */
const RESOLUTION_MS = 20

/** Adds the metrics of this process to `registry`. @returns how to stop watching. */
export function collectProcessMetrics(registry: MetricRegistry): () => void {
  const gauge = (name: string, help: string) => registry.gauge(name, help, []).with()
  const seconds = (name: string, help: string) => registry.counter(name, help, []).with()
  const cpu = seconds('process_cpu_seconds_total', 'Time on the processor, in seconds.')
  const user = seconds('process_cpu_user_seconds_total', 'The part of it in the code of the process.')
  const system = seconds('process_cpu_system_seconds_total', 'The part of it in the kernel.')
  const resident = gauge('process_resident_memory_bytes', 'Memory that the process holds.')
  const heapTotal = gauge('nodejs_heap_size_total_bytes', 'Memory that the JavaScript heap holds.')
  const heapUsed = gauge('nodejs_heap_size_used_bytes', 'Memory that JavaScript objects take.')
  const external = gauge('nodejs_external_memory_bytes', 'Memory of buffers, outside the heap.')
  const started = gauge('process_start_time_seconds', 'When the process started, in seconds since the epoch.')
  started.set(Math.round(performance.timeOrigin) / 1000)
  const delay = registry.gauge(
    'nodejs_eventloop_lag_seconds',
    'How late the event loop was since the last page, by quantile.',
    ['quantile']
  )
  const quantiles = ([50, 90, 99, 100] as const).map(percent => ({ percent, series: delay.with(`${percent / 100}`) }))
  registry.gauge('nodejs_version_info', 'Version of Node.js.', ['version']).with(process.version).set(1)

  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let last = { user: 0, system: 0 }
  const openFiles = collectOpenFiles(registry)
  const stop = registry.onCollect(() => {
    const used = process.cpuUsage()
    cpu.add((used.user - last.user + used.system - last.system) / 1e6)
    user.add((used.user - last.user) / 1e6)
    system.add((used.system - last.system) / 1e6)
    last = used
    const memory = process.memoryUsage()
    resident.set(memory.rss)
    heapTotal.set(memory.heapTotal)
    heapUsed.set(memory.heapUsed)
    external.set(memory.external)
    for (const { percent, series } of quantiles) {
      // The histogram counts the time between two looks, of which one interval is as it should be.
      const lateMs = histogram.count === 0 ? 0 : histogram.percentile(percent) / 1e6 - RESOLUTION_MS
      series.set(Math.max(lateMs, 0) / 1000)
    }
    histogram.reset()
    openFiles()
  })
  return () => {
    stop()
    histogram.disable()
  }
}

/** Where the system tells in /proc; elsewhere these metrics are absent. */
function collectOpenFiles(registry: MetricRegistry): () => void {
  const count = () => readdirSync('/proc/self/fd').length
  const limit = () => Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  try {
    count()
    registry.gauge('process_max_fds', 'Files that may be open at once.', []).with().set(limit())
    const open = registry.gauge('process_open_fds', 'Files and sockets that are open.', []).with()
    return () => open.set(count())
  } catch {
    return () => {}
  }
}
