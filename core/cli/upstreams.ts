/** `tacit upstreams`: how the peers of a running gateway are, and taking one out by hand. Asks its admin listener. */
import type { Command } from 'commander'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

const DEFAULT_ADMIN = 'http://127.0.0.1:9090'
const TIMEOUT_MS = 10_000

interface Options {
  readonly admin: string
  readonly json?: boolean
}

/** Adds the commands. */
export function addUpstreams(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const upstreams = program
    .command('upstreams')
    .description('show how the peers of a running gateway are, and take one out by hand')
    .option('--admin <url>', 'its admin listener', DEFAULT_ADMIN)
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      '\nA token of the admin listener is taken from TACIT_ADMIN_TOKEN.\n\nExample:\n  tacit upstreams\n  tacit upstreams drain chat/eu'
    )
    .action(async (options: Options) =>
      done(await guarded(terminal, options.json, async () => list(await ask(options, terminal), options, terminal)))
    )
  const act = (name: string, description: string, body: (value: string) => object = () => ({}), more = '') =>
    upstreams
      .command(`${name} <upstream/peer>${more}`)
      .description(description)
      .addHelpText('after', `\nExample:\n  tacit upstreams ${name} chat/eu${more === '' ? '' : ' 5m'}`)
      .action(async (place: string, ...rest: readonly unknown[]) => {
        const options: Options = upstreams.opts()
        done(
          await guarded(terminal, options.json, async () => {
            const duration = typeof rest[0] === 'string' ? rest[0] : ''
            const answer = await ask(options, terminal, `${pathOf(place)}/${name}`, body(duration))
            if (options.json === true) printJson(terminal, answer)
            else terminal.out(`${place} is ${word(answer, 'state')}.\n`)
            return EXIT.ok
          })
        )
      })
  act('drain', 'send nothing new to a peer until it is returned')
  act('rest', 'send nothing new to a peer for a while, such as 30s', forMs, ' <time>')
  act('return', 'put a peer back, whoever took it out')
}

function forMs(time: string): object {
  const ms = parseDurationMs(time)
  if (ms !== undefined && ms > 0) return { forMs: ms }
  throw new GatewayError(
    'TACIT_ARGUMENT_INVALID',
    'This is no time to rest.',
    'Write a number and a unit, such as 30s or 5m.'
  )
}

function pathOf(place: string): string {
  const [upstream = '', peer = '', ...more] = place.split('/')
  if (/^[a-z0-9._-]+$/.test(upstream) && /^[a-z0-9._-]+$/.test(peer) && more.length === 0) {
    return `/v1/upstreams/${upstream}/peers/${peer}`
  }
  throw new GatewayError('TACIT_ARGUMENT_INVALID', 'This is no peer.', 'Write upstream and peer, such as chat/eu.')
}

/** @throws GatewayError `TACIT_ADMIN_UNREACHABLE`, or `TACIT_ADMIN_REFUSED` with what the gateway says. */
async function ask(
  { admin }: Options,
  { environment }: Terminal,
  path = '/v1/upstreams',
  body?: object
): Promise<unknown> {
  const token = environment.TACIT_ADMIN_TOKEN
  let response: Response
  try {
    response = await fetch(new URL(path, admin), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' })
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    })
  } catch {
    throw new GatewayError(
      'TACIT_ADMIN_UNREACHABLE',
      'No gateway answers at this admin listener.',
      'Name another with `--admin`, such as http://127.0.0.1:9090.'
    )
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  throw new GatewayError(
    'TACIT_ADMIN_REFUSED',
    word(answer, 'detail') || `The gateway answered ${response.status}.`,
    response.status === 401 || response.status === 403
      ? 'Set TACIT_ADMIN_TOKEN to the token of an operator.'
      : undefined
  )
}

function list(answer: unknown, { json }: Options, terminal: Terminal): number {
  if (json === true) {
    printJson(terminal, answer)
    return EXIT.ok
  }
  const { dim, bold } = paintOf(terminal)
  const heads = ['PEER', 'STATE', 'WHY', 'LEFT', 'WEIGHT', 'IN FLIGHT', 'TRIES', 'FAILED', 'BALANCER']
  const rows = listIn(answer, 'upstreams').flatMap(upstream =>
    listIn(upstream, 'peers').map(peer => [
      `${word(upstream, 'id')}/${word(peer, 'id')}`,
      word(peer, 'state'),
      word(peer, 'reason').replaceAll('_', ' '),
      secondsOf(member(peer, 'leftMs')),
      word(peer, 'weight'),
      word(peer, 'inFlight'),
      word(peer, 'tries'),
      word(peer, 'failures'),
      [word(upstream, 'balancer'), ...factsOf(member(peer, 'balancer'))].join(' ')
    ])
  )
  terminal.out(
    table([heads, ...rows], (cell, column, row) => (row === 0 ? dim(cell) : column === 0 ? bold(cell) : cell))
  )
  return EXIT.ok
}

function factsOf(facts: unknown): readonly string[] {
  if (typeof facts !== 'object' || facts === null) return []
  return Object.entries(facts).map(([name, value]) =>
    typeof value === 'number' ? `${name}=${Math.round(value * 10) / 10}` : `${name}=${String(value)}`
  )
}

function secondsOf(ms: unknown): string {
  return typeof ms === 'number' ? `${Math.ceil(ms / 1000)}s` : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name)
  return Array.isArray(found) ? found : []
}

/** A text or a number as a text; nothing for anything else. */
function word(value: unknown, name: string): string {
  const found = member(value, name)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}
