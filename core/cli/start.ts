/** `tacit start`: runs a gateway until it is told to stop. */
import type { Command } from 'commander'
import { FileWatch } from '../file-watch.ts'
import { type Gateway, type ReloadTrigger, startGateway } from '../gateway.ts'
import { InheritedSockets, tellServing } from '../takeover.ts'
import { explainError } from './explain-error.ts'
import { explainReload } from './explain-reload.ts'
import type { Terminal } from './main.ts'

/** Adds the command. */
export function addStart(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('start')
    .description('run the gateway until SIGTERM or SIGINT; SIGHUP reads the file again, SIGUSR2 starts a successor')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .option('--watch', 'read the file again whenever it changes')
    .addHelpText(
      'after',
      '\nExamples:\n  tacit start config/gateway.yaml\n  tacit start --watch\n  kill -HUP <pid>\n  kill -USR2 <pid>'
    )
    .action(async (file: string, options: { readonly watch?: boolean }) =>
      done(await start(file, options.watch === true, terminal))
    )
}

async function start(file: string, watches: boolean, terminal: Terminal): Promise<number> {
  const stopped = nextSignal()
  try {
    const sockets = new InheritedSockets(process.env)
    const gateway = await startGateway({ file, environment: terminal.environment, sockets })
    const handedOver = handOverWhenAsked(gateway, terminal)
    const stopReloading = reloadWhenAsked(gateway, watches, terminal)
    terminal.error(`Tacit listens on ${gateway.url}, its admin listener on ${gateway.adminUrl}.\n`)
    tellServing()
    const signal = await Promise.race([stopped, handedOver])
    stopReloading()
    await gateway.close(signal)
    return 0
  } catch (error) {
    terminal.error(explainError(error, undefined, 'The gateway was not started.'))
    return 1
  }
}

/** Reloads at each SIGHUP, and when one of the files changes. @returns how to end that; a SIGHUP then does nothing. */
function reloadWhenAsked(gateway: Gateway, watches: boolean, terminal: Terminal): () => void {
  let isOver = false
  const watch = new FileWatch(() => void reload('watch'))
  const watchAgain = (alsoWrong: readonly string[]) => {
    if (watches && !isOver) watch.watch([...new Set([...gateway.files, ...alsoWrong])])
  }
  const reload = async (trigger: ReloadTrigger) => {
    try {
      const outcome = await gateway.reload(trigger)
      // A file that was refused may be one that was not included before, and whoever corrects it expects a reload.
      watchAgain(outcome.applied ? [] : outcome.problems.map(({ file }) => file))
      terminal.error(explainReload(outcome))
    } catch {
      // A fault of the gateway's own is in its log, and the old configuration serves.
      terminal.error('The file could not be taken anew. The gateway goes on with the configuration that it has.\n')
    }
  }
  watchAgain([])
  // The listener stays: without one, a SIGHUP that comes late would end the process in the middle of its last exchanges.
  process.on('SIGHUP', () => {
    if (!isOver) void reload('signal')
  })
  return () => {
    isOver = true
    watch.close()
  }
}

/** Starts a successor at SIGUSR2. @returns the signal, once the successor serves. */
function handOverWhenAsked(gateway: Gateway, terminal: Terminal): Promise<string> {
  return new Promise(resolve => {
    let isStarting = false
    process.on('SIGUSR2', async () => {
      if (isStarting) return
      isStarting = true
      try {
        const pid = await gateway.handOver()
        terminal.error(`Process ${pid} has taken over.\n`)
        resolve('SIGUSR2')
      } catch (error) {
        isStarting = false
        terminal.error(explainError(error))
      }
    })
  })
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
