/** `tacit events`: shows events that no webhook took, and has them handed over again. */
import type { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { readConfiguration } from '../gateway.ts'
import { OfflineRecords } from '../records/offline.ts'
import { table } from './table.ts'
import { EXIT, guarded, printJson, type Terminal } from './terminal.ts'

const CONFIG = ['-c, --config <file>', 'the configuration', 'gateway.yaml'] as const

/** Adds the commands. */
export function addEvents(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const events = program.command('events').description('see events that no webhook took, and send them again')
  events
    .command('dead')
    .description('list events that were given up, the oldest first')
    .option(...CONFIG)
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  tacit events dead --config config/gateway.yaml')
    .action(async ({ config, json }: { config: string; json?: boolean }) =>
      done(
        await guarded(terminal, json, async () => {
          const letters = (await open(config, terminal)).deadLetters()
          const rows = letters.map(({ id, webhook, name, at, attempts, code }) => [
            id,
            webhook,
            name,
            new Date(at).toISOString(),
            `${attempts}`,
            code
          ])
          if (json === true) printJson(terminal, letters)
          else if (rows.length === 0) terminal.out('No event was given up.\n')
          else terminal.out(table([['event', 'webhook', 'name', 'at', 'tries', 'why'], ...rows]))
          return EXIT.ok
        })
      )
    )
  events
    .command('replay')
    .description('have events that were given up handed over again, by the gateway that runs or the next one')
    .argument('[event]', 'the id of one event; all of them, if not given')
    .option(...CONFIG)
    .addHelpText('after', '\nExample:\n  tacit events replay evt_6f1d2c6e-4f0e-4b3e-9a53-6d2f0a8b1c11')
    .action(async (id: string | undefined, { config }: { config: string }) =>
      done(
        await guarded(terminal, false, async () => {
          const count = (await open(config, terminal)).replay(systemClock.now(), id)
          terminal.out(`${count} ${count === 1 ? 'event is' : 'events are'} handed over again.\n`)
          return count === 0 && id !== undefined ? EXIT.refused : EXIT.ok
        })
      )
    )
}

async function open(file: string, terminal: Terminal): Promise<OfflineRecords> {
  return await OfflineRecords.open(await readConfiguration({ file, environment: terminal.environment }))
}
