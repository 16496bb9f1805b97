/** The `tacit` command: reads the arguments and runs one command. Each command is a file of its own. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { addCheck } from './check.ts'
import { addCompletion } from './completion.ts'
import { addConsumer } from './consumer.ts'
import { addDiff } from './diff.ts'
import { addEvents } from './events.ts'
import { addExplain } from './explain.ts'
import { addGroup } from './group.ts'
import { addKey } from './key.ts'
import { addBudget, addLimit } from './limit.ts'
import { addNew } from './new.ts'
import { addPluginCommand } from './plugin-commands.ts'
import { addPlugins } from './plugins.ts'
import { addPrices } from './prices.ts'
import { addRecords } from './records.ts'
import { addRoutes } from './routes.ts'
import { addSchema } from './schema.ts'
import { addStart } from './start.ts'
import { EXIT, guarded, printJson, processTerminal, type Terminal } from './terminal.ts'
import { addTest } from './test.ts'
import { addUpstreams } from './upstreams.ts'

export { EXIT, type Terminal } from './terminal.ts'

/** Commands in the order of the help. */
const COMMANDS = [
  addStart,
  addCheck,
  addExplain,
  addTest,
  addDiff,
  addRoutes,
  addUpstreams,
  addPlugins,
  addPrices,
  addConsumer,
  addGroup,
  addKey,
  addLimit,
  addBudget,
  addRecords,
  addEvents,
  addSchema,
  addNew,
  addCompletion,
  addVersion
] as const

/**
 * Runs one command.
 * @param args without the names of node and of the script.
 * @returns the exit code, one of {@link EXIT}.
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let code: number = EXIT.ok
  const done = (exit: number) => {
    code = exit
  }
  const program = programFor(terminal, done)
  const isKnown = await guarded(terminal, false, async () => {
    await addPluginCommand(program, args, terminal, done)
    return EXIT.ok
  })
  if (isKnown !== EXIT.ok) return isKnown
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    throw error
  }
}

/** Every command, as it is parsed. `done` is told the exit code. */
export function programFor(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('tacit')
    .description('A programmable gateway for LLM and HTTP APIs.')
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.out(text), writeErr: text => terminal.error(text) })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused, 2 arguments not understood, 3 found (a failed test, a difference).'
    )
  for (const add of COMMANDS) add(program, terminal, done)
  return program
}

function addVersion(program: Command, terminal: Terminal): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print the versions of Tacit and of Node as JSON')
    .addHelpText('after', '\nExample:\n  tacit version --json')
    .action(({ json }: { json?: boolean }) => {
      if (json === true) printJson(terminal, { version: VERSION, node: process.versions.node })
      else terminal.out(`${VERSION}\n`)
    })
}
