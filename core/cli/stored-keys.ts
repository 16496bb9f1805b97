/** `tacit key create`, `list`, `rotate`, `block`, `unblock` and `delete`: the credentials of the store's consumers. */
import type { Command } from 'commander'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import type { MadeCredential } from '../identity/identities.ts'
import type { CredentialRow } from '../identity/rows.ts'
import {
  allRows,
  collect,
  labelsOf,
  listing,
  onStore,
  type StoredOptions,
  settingsOf,
  withStoredOptions
} from './stored.ts'
import type { Terminal } from './terminal.ts'

interface CreateOptions extends StoredOptions {
  readonly plugin: string
  readonly id?: string
  readonly expiresIn?: string
  readonly label: readonly string[]
  readonly scope: readonly string[]
  readonly route: readonly string[]
  readonly method: readonly string[]
  readonly model: readonly string[]
  readonly address: readonly string[]
  readonly settings?: string
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
      .option('--expires-in <duration>', 'how long it is good, such as 90d')
      .option('--label <name=value>', 'a label; may be given again, like all that follow', collect, [])
      .option('--scope <word>', 'a scope, for plugins of your own', collect, [])
      .option('--route <id>', 'a route that it is good for', collect, [])
      .option('--method <method>', 'a method that it is good for', collect, [])
      .option('--model <name>', 'a model that it is good for, or the beginning of some: o4-*', collect, [])
      .option('--address <range>', 'an address or a CIDR range that it is good from', collect, [])
      .option('--settings <json>', 'settings by plugin, as JSON: its own limits, say'),
    'tacit key create team-search --expires-in 90d'
  ).action(async (consumer: string, options: CreateOptions) => {
    const { plugin, id, expiresIn } = options
    done(
      await onStore(
        options,
        terminal,
        async identities => {
          const expiresAt = expiresIn === undefined ? undefined : Date.now() + durationOf(expiresIn)
          const fields = { ...(id !== undefined && { id }), ...fieldsOf(options) }
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
    key
      .command('delete')
      .alias('revoke')
      .description('revoke it: delete it, and refuse it everywhere within a second')
      .argument('<id>', 'its name'),
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

/** What is said of a key besides its name; nothing that was not given. */
function fieldsOf(options: CreateOptions): Readonly<Record<string, unknown>> {
  const { label, scope, route, method, model, address, settings } = options
  const lists = { routes: route, methods: method, models: model, addresses: address }
  const goodFor = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
  return {
    ...(label.length > 0 && { labels: labelsOf(label) }),
    ...(scope.length > 0 && { scopes: scope }),
    ...(Object.keys(goodFor).length > 0 && { goodFor }),
    ...(settings !== undefined && { settings: settingsOf(settings) })
  }
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
