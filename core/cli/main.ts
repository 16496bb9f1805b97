/** The `tacit` command: reads the arguments and runs one command. Each command is a file of its own. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { addCheck } from './check.ts'
import { addKey } from './key.ts'
import { addSchema } from './schema.ts'
import { addStart } from './start.ts'

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The configuration, a key or a port is not as it must be. */
  refused: 1,
  /** The arguments cannot be understood. */
  usage: 2
} as const

/** What a command writes to and reads from; tests put their own in. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
  readonly input: AsyncIterable<Buffer | string>
  readonly environment: Readonly<Record<string, string | undefined>>
}

const processTerminal: Terminal = {
  out: text => void process.stdout.write(text),
  error: text => void process.stderr.write(text),
  input: process.stdin,
  environment: process.env
}

/**
 * Runs one command.
 * @param args without the names of node and of the script.
 * @returns the exit code, one of {@link EXIT}.
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  let code: number = EXIT.ok
  const program = new Command('tacit')
    .description('A programmable gateway for LLM and HTTP APIs.')
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.out(text), writeErr: text => terminal.error(text) })
    .addHelpText('after', '\nExit codes: 0 done, 1 refused, 2 arguments not understood.')
  const done = (exit: number) => {
    code = exit
  }
  addStart(program, terminal, done)
  addCheck(program, terminal, done)
  addKey(program, terminal, done)
  addSchema(program, terminal, done)
  program
    .command('version')
    .description('print the version')
    .action(() => terminal.out(`${VERSION}\n`))
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    throw error
  }
}
