/** A gateway in a process of its own, for benchmarks that offer it load from this one. Knows no load. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One that listens. */
export interface SpawnedGateway {
  /** With a slash at its end. */
  readonly url: string
  /** Its admin listener, without one. */
  readonly adminUrl: string
  /** Ends it, and waits until it is gone. */
  stop(): Promise<void>
}

/**
 * Starts the gateway on free ports and waits until it listens.
 * @param folder where its file is written; the caller removes it.
 * @param configuration the members of the file besides version and listeners.
 */
export async function spawnGateway(folder: string, configuration: object): Promise<SpawnedGateway> {
  const file = join(folder, 'gateway.yaml')
  // JSON is YAML (YAML 1.2.2, 1.3).
  writeFileSync(file, JSON.stringify({ version: 1, listen: { port: 0 }, admin: { port: 0 }, ...configuration }))
  const main = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
  const child = spawn(process.execPath, [main, 'start', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let log = ''
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly url: string; readonly adminUrl: string }>()
  child.stdout.on('data', (piece: Buffer) => {
    log += piece.toString()
    const [url, adminUrl] = ['public', 'admin'].map(
      name => new RegExp(`"event":"listener_opened","listener":"${name}".*?"port":(\\d+)`).exec(log)?.[1]
    )
    if (url !== undefined && adminUrl !== undefined) {
      resolve({ url: `http://127.0.0.1:${url}/`, adminUrl: `http://127.0.0.1:${adminUrl}` })
    }
  })
  child.on('exit', () => reject(new Error(`the gateway ended: ${log}`)))
  const listening = await promise
  return {
    ...listening,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
  }
}
