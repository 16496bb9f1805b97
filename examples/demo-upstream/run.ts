/**
 * Starts two demo upstreams and the gateway in front of them, and stops all
 * three on a signal. What happens to a request is no business of this file.
 */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainError } from '../../core/cli/explain-error.ts'
import { startGateway } from '../../core/gateway.ts'
import { hints } from './hints.ts'
import { type DemoUpstream, startDemoUpstream } from './server.ts'

const DEFAULT_FILE = fileURLToPath(new URL('../../config/gateway.yaml', import.meta.url))

/** What the demo upstreams take, and config/gateway.yaml sends, where the environment names no other. */
const DEFAULT_UPSTREAM_KEY = 'demo-upstream-key'

/**
 * Runs until SIGINT or SIGTERM. The file finds the upstreams at `DEMO_NORTH` and `DEMO_SOUTH`; each has a free port
 * of its own.
 * @returns the exit code: 0 after a signal, 1 when something could not start. Why is written to stderr.
 */
export async function run(file: string = DEFAULT_FILE): Promise<number> {
  const stopped = nextSignal()
  const apiKey = process.env.DEMO_UPSTREAM_KEY ?? DEFAULT_UPSTREAM_KEY
  const upstreams: DemoUpstream[] = []
  try {
    const north = await startDemoUpstream({ name: 'north', apiKey })
    upstreams.push(north)
    const south = await startDemoUpstream({ name: 'south', apiKey })
    upstreams.push(south)
    const environment = { ...process.env, DEMO_NORTH: north.url, DEMO_SOUTH: south.url }
    const gateway = await startGateway({ file, environment })
    process.stdout.write(hints({ url: gateway.url, adminUrl: gateway.adminUrl, file: relative('', file) }))
    await gateway.close(await stopped)
    return 0
  } catch (error) {
    process.stderr.write(explainError(error))
    return 1
  } finally {
    for (const upstream of upstreams) await upstream.close()
  }
}

/** A second signal finds no listener, and ends the process as signals do. */
function nextSignal(): Promise<string> {
  return new Promise(resolve => {
    const stop = (signal: string): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve(signal)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
