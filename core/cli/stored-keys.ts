/** `tacit key create`, `list`, `rotate`, `block`, `unblock` and `delete`: the credentials of the store's consumers. */
import type { Command } from 'commander'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import type { MadeCredential } from '../identity/identities.ts'
import type { CredentialRow } from '../identity/rows.ts'
import { allRows, listing, onStore, type StoredOptions, withStoredOptions } from './stored.ts'
import type { Terminal } from './terminal.ts'

interface CreateOptions extends StoredOptions {
  readonly plugin: string
  readonly id?: string
  readonly expiresIn?: string
}

/** Adds the commands below `tacit key`. */
export function addStoredKeys(key: Command, terminal: Terminal, done: (code: number) => void): void {
  withStoredOptions(
    key
      .command('create')
      .description('make a key for a consumer of the store; it is printed once and kept nowhere')
      .argument('<consumer>', 'whose it is')
      .option('--plugin <name>', 'the plugin that knows consumers by it', 'key-auth')
      .option('--id <name>', 'its name in records')
      .option('--expires-in <duration>', 'how long it is good, such as 90d'),
    'tacit key create team-search --expires-in 90d'
  ).action(async (consumer: string, options: CreateOptions) => {
    const { plugin, id, expiresIn } = options
    done(
      await onStore(
        options,
        terminal,
        async identities => {
          const expiresAt = expiresIn === undefined ? undefined : Date.now() + durationOf(expiresIn)
          const fields = id === undefined ? {} : { id }
          return shown(await identities.createCredential({ consumer, plugin, fields, expiresAt }))
        },
        made
      )
    )
  })
  withStoredOptions(
    key.command('list').description('list keys of the store').argument('[consumer]', 'whose; all if not given'),
    'tacit key list team-search'
  ).action(async (consumer: string | undefined, options: StoredOptions) =>
    done(
      await onStore(
        options,
        terminal,
        async identities => (await allRows(identities, 'credential', consumer)).map(plain),
        keys
      )
    )
  )
  withStoredOptions(
    key
      .command('rotate')
      .description('make another key like this one, which is good for a while longer')
      .argument('<id>', 'its name')
      .option('--grace <duration>', 'how long the old one is still good', '24h'),
    'tacit key rotate team-search/main --grace 1h'
  ).action(async (id: string, options: StoredOptions & { readonly grace: string }) =>
    done(
      await onStore(
        options,
        terminal,
        async identities => shown(await identities.rotateCredential(id, durationOf(options.grace))),
        made
      )
    )
  )
  for (const [name, description, blocked] of [
    ['block', 'refuse it, everywhere within a second', true],
    ['unblock', 'let it be good again', false]
  ] as const) {
    withStoredOptions(
      key.command(name).description(description).argument('<id>', 'its name'),
      `tacit key ${name} team-search/main`
    ).action(async (id: string, options: StoredOptions) =>
      done(
        await onStore(
          options,
          terminal,
          async identities => plain(await identities.changeCredential(id, { blocked })),
          () => `${id} is ${blocked ? 'blocked' : 'not blocked any more'}.\n`
        )
      )
    )
  }
  withStoredOptions(
    key.command('delete').description('delete it; refused everywhere within a second').argument('<id>', 'its name'),
    'tacit key delete team-search/main'
  ).action(async (id: string, options: StoredOptions) =>
    done(
      await onStore(
        options,
        terminal,
        async identities => {
          await identities.deleteCredential(id)
          return { id, deleted: true }
        },
        () => `${id} is deleted.\n`
      )
    )
  )
}

/** What may be shown of a credential: not its digest, which nobody needs to see. */
type Plain = Omit<CredentialRow, 'digest' | 'credential'>

function plain({ digest: _digest, credential: _credential, ...rest }: CredentialRow): Plain {
  return rest
}

function shown({ credential, secret }: MadeCredential): Plain & { readonly key: string } {
  return { ...plain(credential), key: secret ?? '' }
}

function made({ id, key }: { readonly id: string; readonly key: string }): string {
  return `id   ${id}\nkey  ${key}\n`
}

function keys(rows: readonly Plain[]): string {
  const until = (row: Plain) => (row.expiresAt === undefined ? '-' : new Date(row.expiresAt).toISOString())
  return listing(
    ['KEY', 'CONSUMER', 'PLUGIN', 'BLOCKED', 'GOOD UNTIL'],
    rows.map(row => [row.id, row.consumer, row.plugin, row.blocked ? 'yes' : 'no', until(row)])
  )
}

/** @throws GatewayError `TACIT_UNIT_WRONG`. */
function durationOf(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined) return ms
  throw new GatewayError('TACIT_UNIT_WRONG', 'This is no duration.', 'Write a number and a unit: 30s, 10m, 1h, 7d.')
}
