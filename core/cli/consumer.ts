/** `tacit consumer`: makes, lists, blocks and deletes the consumers of the store. Those of the file are changed there. */
import type { Command } from 'commander'
import { GatewayError } from '../errors.ts'
import type { ConsumerChange } from '../identity/identities.ts'
import type { ConsumerRow } from '../identity/rows.ts'
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

interface SetOptions extends StoredOptions {
  /** False takes it out of its group. */
  readonly group?: string | false
  readonly label: readonly string[]
  readonly settings?: string
}

interface CreateOptions extends StoredOptions {
  readonly group?: string
  readonly label: readonly string[]
  readonly settings?: string
}

/** Adds the commands. */
export function addConsumer(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const consumer = program.command('consumer').description('make and change consumers beside those of the file')
  withStoredOptions(
    consumer
      .command('create')
      .description('make a consumer')
      .argument('<id>', 'its name')
      .option('--group <id>', 'the group it belongs to')
      .option('--label <name=value>', 'a label; may be given again', collect, [])
      .option('--settings <json>', 'settings by plugin, as JSON'),
    'tacit consumer create team-search --group gold --label tier=one'
  ).action(async (id: string, options: CreateOptions) =>
    done(
      await onStore(
        options,
        terminal,
        identities => {
          const { group, label, settings } = options
          return identities.createConsumer({ id, group, labels: labelsOf(label), settings: settingsOf(settings) })
        },
        row => `${row.id} is made. \`tacit key create ${row.id}\` makes a key for it.\n`
      )
    )
  )
  withStoredOptions(consumer.command('list').description('list them'), 'tacit consumer list --json').action(
    async (options: StoredOptions) =>
      done(await onStore(options, terminal, identities => allRows(identities, 'consumer'), consumers))
  )
  withStoredOptions(
    consumer
      .command('set')
      .description('change what is given of it, everywhere within a second')
      .argument('<id>', 'its name')
      .option('--group <id>', 'the group it belongs to from now on')
      .option('--no-group', 'it belongs to no group any more')
      .option('--label <name=value>', 'a label, in place of all that it has; may be given again', collect, [])
      .option('--settings <json>', 'settings by plugin, as JSON, in place of those that it has'),
    'tacit consumer set team-search --group silver'
  ).action(async (id: string, options: SetOptions) =>
    done(
      await onStore(
        options,
        terminal,
        async identities => identities.changeConsumer(id, changeOf(options)),
        row => `${row.id} is changed.\n`
      )
    )
  )
  for (const [name, description, blocked] of [
    ['block', 'refuse all its credentials, everywhere within a second', true],
    ['unblock', 'let its credentials be good again', false]
  ] as const) {
    withStoredOptions(
      consumer.command(name).description(description).argument('<id>', 'its name'),
      `tacit consumer ${name} team-search`
    ).action(async (id: string, options: StoredOptions) =>
      done(
        await onStore(
          options,
          terminal,
          identities => identities.changeConsumer(id, { blocked }),
          row => `${row.id} is ${blocked ? '' : 'not '}blocked${blocked ? '' : ' any more'}.\n`
        )
      )
    )
  }
  withStoredOptions(
    consumer.command('delete').description('delete it, with its credentials').argument('<id>', 'its name'),
    'tacit consumer delete team-search'
  ).action(async (id: string, options: StoredOptions) => {
    const work = async () => ({ id, deleted: true })
    const text = () => `${id} is deleted, and so are its credentials.\n`
    done(await onStore(options, terminal, async identities => identities.deleteConsumer(id).then(work), text))
  })
}

/** @throws GatewayError `TACIT_ARGUMENT_INVALID` where nothing is to be different. */
function changeOf({ group, label, settings }: SetOptions): ConsumerChange {
  const change = {
    ...(group !== undefined && { group: group === false ? null : group }),
    ...(label.length > 0 && { labels: labelsOf(label) }),
    ...(settings !== undefined && { settings: settingsOf(settings) })
  }
  if (Object.keys(change).length > 0) return change
  throw new GatewayError(
    'TACIT_ARGUMENT_INVALID',
    'Nothing is to be different.',
    'Give --group, --no-group, --label or --settings.'
  )
}

function consumers(rows: readonly ConsumerRow[]): string {
  const heads = ['CONSUMER', 'GROUP', 'BLOCKED', 'LABELS']
  const labels = (row: ConsumerRow) => Object.entries(row.labels).map(([name, value]) => `${name}=${value}`)
  return listing(
    heads,
    rows.map(row => [row.id, row.group ?? '-', row.blocked ? 'yes' : 'no', labels(row).join(' ') || '-'])
  )
}
