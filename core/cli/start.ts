/** `tacit start`: runs a gateway until it is told to stop. */
import type { Command } from 'commander'
import { startGateway } from '../gateway.ts'
import { explainError } from './explain-error.ts'
import type { Terminal } from './main.ts'

/** Adds the command. */
export function addStart(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('start')
    .description('run the gateway until SIGTERM or SIGINT')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .addHelpText('after', '\nExample:\n  tacit start config/gateway.yaml')
    .action(async (file: string) => done(await start(file, terminal)))
}

async function start(file: string, terminal: Terminal): Promise<number> {
  const stopped = nextSignal()
  try {
    const gateway = await startGateway({ file, environment: terminal.environment })
    terminal.error(`Tacit listens on ${gateway.url}, its admin listener on ${gateway.adminUrl}.\n`)
    await gateway.close(await stopped)
    return 0
  } catch (error) {
    terminal.error(explainError(error))
    return 1
  }
}

/** The first signal stops in good order; a second one finds no listener and ends the process at once. */
function nextSignal(): Promise<string> {
  return new Promise(resolve => {
    const stop = (signal: string) => {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
      resolve(signal)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
