/**
 * What very many keys cost, and a file with very many consumers: in a SQLite file
 * of a folder that is gone afterwards.
 *
 * Run it with `npx node benchmarks/identities.ts [keys] [consumers]`; a million and ten thousand, if not given.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { readConfiguration } from '../core/gateway.ts'
import { keyedDigest } from '../core/identity/digest.ts'
import { SqliteIdentities } from '../core/identity/sqlite-identities.ts'
import { fill, measure } from './identities/scale.ts'

const [keys = 1_000_000, consumers = 10_000] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'tacit-identities-'))
try {
  const store = new SqliteIdentities(join(folder, 'identities.sqlite'), systemClock)
  const filledMs = performance.now()
  await fill(store, { keys })
  say(`${keys} keys written in ${Math.round((performance.now() - filledMs) / 1000)} s`)
  const cold = Math.min(keys, 200_000)
  say(JSON.stringify(await measure(store, { keys, cache: 10_000, cold, warm: 500_000 })))
  await store.close()

  const key = 'key of a benchmark'
  const file = join(folder, 'gateway.yaml')
  const entries = Array.from({ length: consumers }, (_, index) => {
    const keyHash = keyedDigest(key, `key ${index}`)
    return `  - { id: c${index}, labels: { tier: one }, credentials: { key-auth: { keyHash: "${keyHash}" } } }`
  })
  await writeFile(
    file,
    [
      'version: 1',
      `digestKey: ${key}`,
      'upstreams: [{ id: one, peers: [{ id: a, url: http://127.0.0.1:1 }] }]',
      'routes: [{ id: all, match: { path: /* }, upstream: one, plugins: [{ use: key-auth }] }]',
      'consumers:',
      ...entries
    ].join('\n')
  )
  const loadedMs = performance.now()
  const before = process.cpuUsage()
  await readConfiguration({ file, environment: {} })
  const { user, system } = process.cpuUsage(before)
  const cpuMs = Math.round((user + system) / 1000)
  say(`${consumers} consumers of a file loaded in ${Math.round(performance.now() - loadedMs)} ms, ${cpuMs} ms of CPU`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
