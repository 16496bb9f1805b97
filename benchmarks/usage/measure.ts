/** Asks a whole gateway for figures that lie in a folder, over HTTP, one question after the other, and says how long each took. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Gateway, startGateway } from '../../core/gateway.ts'
import { keyedDigest } from '../../core/identity/digest.ts'
import { seededRandom } from '../../core/testing/seeded-random.ts'
import { consumerName } from './figures.ts'
import { QUESTIONS } from './questions.ts'

const DIGEST_KEY = 'key of a benchmark'
const keyOf = (index: number) => `key of consumer ${index}`

/** Starts a gateway on figures. @param folder of its file; the rows are in `records` below it. */
export async function startLedger(folder: string, masterKey: string, consumers: number): Promise<Gateway> {
  const file = join(folder, 'gateway.yaml')
  const digest = (key: string) => keyedDigest(DIGEST_KEY, key)
  const configuration = {
    version: 1,
    listen: { port: 0 },
    admin: { port: 0 },
    log: { level: 'silent' },
    digestKey: DIGEST_KEY,
    records: { directory: './records', masterKey },
    consumers: Array.from({ length: consumers }, (_, index) => ({
      id: consumerName(index),
      credentials: { 'key-auth': { keyHash: digest(keyOf(index)) } }
    })),
    upstreams: [{ id: 'one', peers: [{ id: 'a', url: 'http://127.0.0.1:1' }] }],
    routes: [
      {
        id: 'chat',
        match: { method: 'POST', path: '/v1/*' },
        upstream: 'one',
        plugins: [{ use: 'ledger' }, { use: 'key-auth' }, { use: 'metering' }]
      },
      { id: 'account', match: { method: 'GET', path: '/v1/*' }, endpoints: 'ledger', plugins: [{ use: 'key-auth' }] }
    ]
  }
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration))
  return await startGateway({ file, environment: {} })
}

/** How long answers took, in ms, by question. @throws Error for an answer that is none. */
export async function askAll(
  gateway: Gateway,
  { rounds, consumers, until }: { readonly rounds: number; readonly consumers: number; readonly until: number }
): Promise<ReadonlyMap<string, readonly number[]>> {
  const random = seededRandom(2)
  const times = new Map(QUESTIONS.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, isOperator, query } of QUESTIONS) {
      const place = isOperator ? `${gateway.adminUrl}/plugins/ledger/usage` : `${gateway.url}/v1/usage`
      const authorization = `Bearer ${keyOf(Math.floor(random() * consumers))}`
      const url = `${place}?${query(random, until)}`
      const startedMs = performance.now()
      const answer = await fetch(url, isOperator ? {} : { headers: { authorization } })
      const text = await answer.text()
      times.get(name)?.push(performance.now() - startedMs)
      if (answer.status !== 200 || !text.includes('"requests":'))
        throw new Error(`${name}: ${answer.status} ${text.slice(0, 200)}`)
    }
  }
  return times
}
