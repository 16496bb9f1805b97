/**
 * Gateways in processes of their own, whose one plugin holds what each request
 * tells it to, and whose crash is a test's to choose. Knows nothing of where
 * they count.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Claim, Limit, Reading } from '../../core/plugin.ts'
import { type Running, runNode } from './process.ts'
import type { Teardown } from './upstream.ts'

const DIRECTORY = fileURLToPath(new URL('../../.tap/', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))

const COUNTING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'counting', summary: 'Holds what it is told to.', data: { reads: ['metadata'] },
  config: Type.Object({}),
  reasons: {
    limit: { status: 429, message: 'Too many.', retryable: true },
    store: { status: 503, message: 'Away.', retryable: true },
    full: { status: 507, message: 'Full.', retryable: true }
  },
  setup (_config, host) {
    const settles = new WeakMap()
    return {
      async requestFilter (exchange, request) {
        if (request.headers.get('x-crash') !== undefined) process.kill(process.pid, 'SIGKILL')
        const limits = request.headers.get('x-read')
        if (limits !== undefined) {
          return { status: 200, headers: {}, body: JSON.stringify(await host.limits.read(JSON.parse(limits))) }
        }
        const held = await host.limits.hold(exchange, JSON.parse(request.headers.get('x-claims')))
        if (!held.granted) return host.refuse(held.cause)
        const actual = request.headers.get('x-settle')
        if (actual !== undefined) settles.set(exchange, () => held.settle(JSON.parse(actual)))
        if (request.headers.get('x-answer') !== undefined) return { status: 200, headers: {}, body: 'here' }
      },
      finish (exchange) { settles.get(exchange)?.() }
    }
  }
})`

/** What came of a request: its status, or that there was no whole answer. */
export type Outcome = number | 'failed'

/** What a request tells the plugin. */
export interface Told {
  readonly claims: readonly Claim[]
  /** What it settles at, at the end; left to the gateway if not given. */
  readonly settle?: readonly number[]
  /** Whether the plugin answers itself, at once, rather than the upstream. */
  readonly answer?: boolean
}

/** A gateway in a process of its own. */
export interface CountingGateway {
  send(told: Told): Promise<Outcome>
  read(limits: readonly Limit[]): Promise<readonly Reading[]>
  /** Kills the process that hears of it: of several, one. */
  crash(): Promise<void>
  /** Kills it at once. */
  kill(): Promise<void>
  /** Starts it again, on another port, after {@link kill}. */
  restart(): Promise<void>
}

/** Starts one. @param stores The `stores:` block. @param settings More of the configuration. */
export async function startCountingGateway(
  t: Teardown,
  upstream: string,
  stores: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>> = {}
): Promise<CountingGateway> {
  await mkdir(DIRECTORY, { recursive: true })
  const directory = await mkdtemp(join(DIRECTORY, 'counting-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'gateway.yaml')
  await writeFile(join(directory, 'counting.ts'), COUNTING)
  const configuration = {
    version: 1,
    listen: { port: 0 },
    admin: { port: 0 },
    log: { level: 'error' },
    stores,
    upstreams: [{ id: 'one', peers: [{ id: 'a', url: upstream }] }],
    routes: [{ id: 'all', match: { path: '/*' }, upstream: 'one', plugins: [{ use: './counting.ts' }] }],
    ...settings
  }
  await writeFile(file, JSON.stringify(configuration))
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  t.teardown(() => agent.destroy())
  let running: Running
  let url = ''
  const start = async () => {
    running = runNode(t, [COMMAND, 'start', file])
    url = await running.reports(/listens on (\S+), its admin listener on \S+\.\n/)
  }
  await start()
  const get = (headers: Readonly<Record<string, string>>) =>
    new Promise<{ readonly status: Outcome; readonly body: string }>(resolve => {
      const outgoing = request(url, { agent, headers }, response => {
        let body = ''
        response.setEncoding('utf8').on('data', text => {
          body += text
        })
        response.on('error', () => {})
        response.on('close', () =>
          resolve({ status: response.complete ? (response.statusCode ?? 'failed') : 'failed', body })
        )
      })
      outgoing.on('error', () => resolve({ status: 'failed', body: '' }))
      outgoing.end()
    })
  return {
    async send({ claims, settle, answer = false }) {
      const headers = {
        'x-claims': JSON.stringify(claims),
        ...(settle !== undefined && { 'x-settle': JSON.stringify(settle) }),
        ...(answer && { 'x-answer': 'yes' })
      }
      return (await get(headers)).status
    },
    async read(limits) {
      const { body } = await get({ 'x-read': JSON.stringify(limits) })
      return JSON.parse(body)
    },
    async crash() {
      await get({ 'x-crash': 'yes' })
    },
    async kill() {
      running.child.kill('SIGKILL')
      await running.exited
    },
    restart: start
  }
}
