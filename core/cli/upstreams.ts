/** `tacit upstreams`: how the peers of a running gateway are, and taking one out by hand. Asks its admin listener. */
import type { Command } from 'commander'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { type AdminOptions, askAdmin, DEFAULT_ADMIN, listIn, member, TOKEN_HINT, word } from './admin-client.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

const LIST = '/v1/upstreams'

/** Adds the commands. */
export function addUpstreams(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const upstreams = program
    .command('upstreams')
    .description('show how the peers of a running gateway are, and take one out by hand')
    .option('--admin <url>', 'its admin listener', DEFAULT_ADMIN)
    .option('--json', 'print them as JSON')
    .addHelpText('after', `\n${TOKEN_HINT}\n\nExample:\n  tacit upstreams\n  tacit upstreams drain chat/eu`)
    .action(async (options: AdminOptions) =>
      done(
        await guarded(terminal, options.json, async () =>
          list(await askAdmin(options, terminal, LIST), options, terminal)
        )
      )
    )
  const act = (name: string, description: string, body: (value: string) => object = () => ({}), more = '') =>
    upstreams
      .command(`${name} <upstream/peer>${more}`)
      .description(description)
      .addHelpText('after', `\nExample:\n  tacit upstreams ${name} chat/eu${more === '' ? '' : ' 5m'}`)
      .action(async (place: string, ...rest: readonly unknown[]) => {
        const options: AdminOptions = upstreams.opts()
        done(
          await guarded(terminal, options.json, async () => {
            const duration = typeof rest[0] === 'string' ? rest[0] : ''
            const answer = await askAdmin(options, terminal, `${pathOf(place)}/${name}`, body(duration))
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

function list(answer: unknown, { json }: AdminOptions, terminal: Terminal): number {
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
