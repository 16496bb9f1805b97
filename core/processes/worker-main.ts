/**
 * The program of a worker process: serves on the socket that it was handed,
 * and does what its parent says. Signals are the parent's: whoever presses
 * Ctrl-C or stops a unit reaches every process of it.
 */
import { Worker } from './worker.ts'

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => {})

const worker = new Worker(
  message => process.send?.(message),
  () => process.exit()
)
process.on('message', message => worker.calls.received(message))
process.on('disconnect', () => void worker.orphaned())
