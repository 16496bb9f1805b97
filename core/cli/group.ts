/** `tacit group`: makes, lists, changes and deletes the groups of the store. Those of the file are changed there. */
import type { Command } from 'commander'
import type { GroupRow } from '../identity/rows.ts'
import { allRows, listing, onStore, type StoredOptions, settingsOf, withStoredOptions } from './stored.ts'
import type { Terminal } from './terminal.ts'

interface SettingsOptions extends StoredOptions {
  readonly settings?: string
}

const SETTINGS = 'settings by plugin, as JSON: {"rate-limit":{…}}'

/** Adds the commands. */
export function addGroup(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const group = program.command('group').description('make and change groups beside those of the file')
  withStoredOptions(
    group
      .command('create')
      .description('make a group')
      .argument('<id>', 'its name')
      .option('--settings <json>', SETTINGS),
    'tacit group create gold'
  ).action(async (id: string, options: SettingsOptions) =>
    done(
      await onStore(
        options,
        terminal,
        identities => identities.createGroup({ id, settings: settingsOf(options.settings) }),
        row => `${row.id} is made.\n`
      )
    )
  )
  withStoredOptions(group.command('list').description('list them'), 'tacit group list --json').action(
    async (options: StoredOptions) =>
      done(await onStore(options, terminal, identities => allRows(identities, 'group'), groups))
  )
  withStoredOptions(
    group
      .command('set')
      .description('replace its settings, everywhere within a second')
      .argument('<id>', 'its name')
      .requiredOption('--settings <json>', SETTINGS),
    `tacit group set gold --settings '{"rate-limit":{"limits":[]}}'`
  ).action(async (id: string, options: SettingsOptions) =>
    done(
      await onStore(
        options,
        terminal,
        identities => identities.changeGroup(id, settingsOf(options.settings)),
        row => `The settings of ${row.id} are changed.\n`
      )
    )
  )
  withStoredOptions(
    group.command('delete').description('delete it, if nobody belongs to it').argument('<id>', 'its name'),
    'tacit group delete gold'
  ).action(async (id: string, options: StoredOptions) => {
    const work = async () => ({ id, deleted: true })
    const text = () => `${id} is deleted.\n`
    done(await onStore(options, terminal, async identities => identities.deleteGroup(id).then(work), text))
  })
}

function groups(rows: readonly GroupRow[]): string {
  const plugins = ({ settings }: GroupRow) => Object.keys(settings).join(' ') || '-'
  return listing(
    ['GROUP', 'SETTINGS FOR'],
    rows.map(row => [row.id, plugins(row)])
  )
}
