/**
 * A key that is revoked in one gateway, and two others in processes of their own
 * that have to hear of it: by a file that they share, and by Redis. How long that
 * took is said beside each test; that nothing is used longer than a second is
 * proven with the cache, whose clock is moved by hand.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { runNode } from '../support/process.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startUpstream } from '../support/upstream.ts'

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
const DIGEST_KEY = 'a digest key of some length'
const KEY_OF_THE_FILE = 'tacit_a_key_that_stands_in_the_file'

// Processes take their time to start where many tests run at once.
t.setTimeout(240_000)

/** One gateway here, whose identities the test changes, and two in processes of their own. */
async function startThree(t: Test, stores: object) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const configuration = {
    version: 1,
    listen: { port: 0 },
    admin: { port: 0 },
    digestKey: DIGEST_KEY,
    stores,
    consumers: [
      { id: 'of-the-file', credentials: { 'key-auth': { keyHash: keyedDigest(DIGEST_KEY, KEY_OF_THE_FILE) } } }
    ],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  }
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, JSON.stringify(configuration))
  const here = await startTestGateway(t, { ...configuration, log: { level: 'silent' } })
  const others = [runNode(t, [COMMAND, 'start', file]), runNode(t, [COMMAND, 'start', file])]
  const urls: string[] = []
  for (const other of others) {
    const said = await other.says('"event":"gateway_started"')
    const opened = said.split('\n').find(line => line.includes('"listener":"public"')) ?? ''
    urls.push(`http://127.0.0.1:${JSON.parse(opened).port}`)
  }
  const { identities } = here
  if (identities === undefined) throw new Error('no store of identities')
  const make = async () => {
    const { credential, secret = '' } = await identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
    return { id: credential.id, secret }
  }
  return { identities, make, urls, here: here.url }
}

async function statusOf(url: string, secret: string): Promise<number> {
  return (await send({ url, headers: { authorization: `Bearer ${secret}` } })).status
}

/** Sends requests one after the other until one is answered so. @returns when the last one was sent that was not. */
async function until(status: number, url: string, secret: string): Promise<number> {
  for (let sentMs = performance.now(); ; ) {
    const sendingMs = performance.now()
    if ((await statusOf(url, secret)) === status) return sentMs
    sentMs = sendingMs
  }
}

/** Revokes a key and deletes its consumer. @param disturb what goes wrong just before. */
async function proveRevocation(
  t: Test,
  { identities, make, urls, here }: Awaited<ReturnType<typeof startThree>>,
  disturb: () => Promise<unknown> = async () => {}
) {
  await identities.createConsumer({ id: 'team' })
  const [gone, kept] = [await make(), await make()]
  for (const url of [...urls, here]) {
    await until(200, url, gone.secret)
    await until(200, url, kept.secret)
  }
  await disturb()
  await identities.changeCredential(gone.id, { blocked: true })
  const doneMs = performance.now()
  t.equal(await statusOf(here, gone.secret), 401, 'where it was done, the first request after it is refused')
  const lastMs = await Promise.all(urls.map(url => until(401, url, gone.secret)))
  t.comment(`used for the last time ${lastMs.map(ms => Math.max(ms - doneMs, 0).toFixed(0))} ms after that`)
  for (const url of urls) {
    const statuses = []
    for (let count = 0; count < 20; count++) statuses.push(await statusOf(url, gone.secret))
    t.strictSame(new Set(statuses), new Set([401]), 'and it does not come back')
    await until(200, url, kept.secret)
  }
  await identities.deleteConsumer('team')
  for (const url of urls) await until(401, url, kept.secret)
  for (const url of urls) t.equal(await statusOf(url, KEY_OF_THE_FILE), 200, 'a key of the file is none of this')
}

t.test('a revoked key is refused by all that share a file', async t => {
  await proveRevocation(t, await startThree(t, { folder: join(t.testdir(), 'state') }))
})

t.test('a revoked key is refused by all that share a Redis', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const three = await startThree(t, { redis: { url: server.url, commandTimeout: '2s' } })
  await proveRevocation(t, three)

  await t.test('even if all their connections are cut when it is revoked', async t => {
    await proveRevocation(t, three, async () => {
      await server.command('client', 'kill', 'type', 'normal', 'skipme', 'yes')
      // The one that revokes needs its own again, which come back by themselves.
      for (;;) {
        try {
          return await three.identities.read('consumer', 'team')
        } catch {
          await new Promise(setImmediate)
        }
      }
    })
  })

  await t.test('while Redis is away nobody is let in by what was known, and the file goes on', async t => {
    const [url = ''] = three.urls
    await three.identities.createConsumer({ id: 'team' })
    const { secret } = await three.make()
    await until(200, url, secret)
    server.pause()
    await until(503, url, secret)
    const refused = await send({ url, headers: { authorization: `Bearer ${secret}` } })
    t.match(String(refused.body), /identity_unavailable/)
    t.equal(await statusOf(url, KEY_OF_THE_FILE), 200)
    server.resume()
    await until(200, url, secret)
    await server.kill()
    await until(503, url, secret)
    t.equal(await statusOf(url, KEY_OF_THE_FILE), 200)
    await server.restart()
    await until(401, url, secret)
    t.pass('a Redis that has lost everything knows nobody')
  })
})
