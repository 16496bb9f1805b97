/** `tacit plugins`: lists the plugins that there are, or those that a configuration uses, with what each adds. */
import type { Command } from 'commander'
import { GatewayError } from '../errors.ts'
import { readConfiguration } from '../gateway.ts'
import { definitionsOf } from '../host.ts'
import { PluginLoader } from '../loader.ts'
import type { PluginDefinition } from '../plugin.ts'
import { dataReport } from './data-uses.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

/** One plugin, as it is listed. */
export interface ListedPlugin {
  readonly name: string
  readonly summary: string
  readonly guard: boolean
  readonly reads: readonly string[]
  /** Reasons that it may refuse for. */
  readonly reasons: readonly string[]
  readonly commands: readonly string[]
  /** Where it stands; empty for a plugin of which only is said that it exists. */
  readonly where: readonly string[]
}

/** Adds the command. */
export function addPlugins(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('plugins')
    .description('list the built-in plugins, or those that a configuration uses')
    .argument('[file]', 'a configuration')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  tacit plugins\n  tacit plugins config/gateway.yaml')
    .action(async (file: string | undefined, { json }: { json?: boolean }) =>
      done(
        await guarded(terminal, json, async () => {
          print(file === undefined ? await builtIn() : await used(file, terminal), json, terminal)
          return EXIT.ok
        })
      )
    )
}

/** Every built-in plugin. @throws GatewayError for one that cannot be loaded. */
async function builtIn(): Promise<readonly ListedPlugin[]> {
  const loader = new PluginLoader()
  const plugins: ListedPlugin[] = []
  for (const name of loader.names()) {
    const found = await loader.find(name, process.cwd())
    if (!('setup' in found)) throw new GatewayError(found.code, found.message, found.cure)
    plugins.push(listed(found, []))
  }
  return plugins
}

async function used(file: string, terminal: Terminal): Promise<readonly ListedPlugin[]> {
  const loaded = await readConfiguration({ file, environment: terminal.environment })
  const places = dataReport(loaded).uses
  return [...definitionsOf(loaded).values()].map(definition =>
    listed(
      definition,
      places.filter(({ plugin }) => plugin === definition.name).map(({ where }) => where)
    )
  )
}

function listed(definition: PluginDefinition, where: readonly string[]): ListedPlugin {
  const { name, summary, guard = false, data, reasons = {}, commands = [] } = definition
  return {
    name,
    summary,
    guard,
    reads: data.reads,
    reasons: Object.keys(reasons),
    commands: commands.map(command => command.name),
    where: [...new Set(where)]
  }
}

function print(plugins: readonly ListedPlugin[], asJson: boolean | undefined, terminal: Terminal): void {
  if (asJson === true) {
    printJson(terminal, { plugins })
    return
  }
  const { bold, dim } = paintOf(terminal)
  const rows = plugins.map(({ name, summary, commands, where }) => [
    name,
    [summary, ...(commands.length > 0 ? [`Adds: tacit ${commands.join(', tacit ')}.`] : [])].join(' '),
    where.join(', ')
  ])
  const heads = ['PLUGIN', 'WHAT IT DOES', plugins.some(({ where }) => where.length > 0) ? 'WHERE' : '']
  terminal.out(
    table([heads, ...rows], (cell, column, row) => (row === 0 ? dim(cell) : column === 0 ? bold(cell) : cell))
  )
}
