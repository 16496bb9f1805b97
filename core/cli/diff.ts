/** `tacit diff`: says what changes from one configuration to another, and for whom. */
import type { Command } from 'commander'
import { type Change, compareConfigurations, type SettingChange } from '../configuration/changes.ts'
import { readConfiguration } from '../gateway.ts'
import type { Paint } from '../paint.ts'
import { type Rerouted, rerouted } from './rerouted.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface DiffOptions {
  readonly json?: boolean
  readonly exitCode?: boolean
}

/** Adds the command. */
export function addDiff(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('diff')
    .description('say what changes from one configuration to another, and for whom')
    .argument('<old>', 'the configuration as it was')
    .argument('<new>', 'the configuration as it will be')
    .option('--exit-code', `end with ${EXIT.found} when something changes`)
    .option('--json', 'print the changes as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  tacit diff gateway.yaml next.yaml\n  tacit diff <(git show HEAD:gateway.yaml) gateway.yaml --exit-code'
    )
    .action(async (old: string, next: string, options: DiffOptions) =>
      done(await guarded(terminal, options.json, () => diff(old, next, options, terminal)))
    )
}

async function diff(old: string, next: string, options: DiffOptions, terminal: Terminal): Promise<number> {
  const { environment } = terminal
  const before = await readConfiguration({ file: old, environment })
  const after = await readConfiguration({ file: next, environment })
  const changes = compareConfigurations(before, after)
  const requests = rerouted(before, after)
  if (options.json === true) printJson(terminal, { changes, requests })
  else terminal.out(renderChanges(changes, requests, paintOf(terminal)))
  return options.exitCode === true && changes.length > 0 ? EXIT.found : EXIT.ok
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

/** Changes for people, in the order of the file, then the requests that go another way. */
export function renderChanges(changes: readonly Change[], requests: readonly Rerouted[], paint: Paint): string {
  if (changes.length === 0) return 'Nothing changes.\n'
  const blocks = changes.map(change => renderChange(change, paint))
  if (requests.length > 0) {
    const lines = requests.map(request => `  ${renderRequest(request, paint)}\n`)
    blocks.push(`${paint.bold('requests that get another route')}\n${lines.join('')}`)
  }
  return `${blocks.join('\n')}\n${changes.length} ${changes.length === 1 ? 'change' : 'changes'}.\n`
}

function renderChange(change: Change, paint: Paint): string {
  const { kind, subject, id, settings } = change
  const colour = kind === 'added' ? paint.green : kind === 'removed' ? paint.red : paint.yellow
  const name = id === undefined ? subject : `${subject} ${id}`
  const width = Math.max(0, ...settings.map(({ path }) => path.length))
  const lines = settings.map(setting => `    ${setting.path.padEnd(width)}  ${renderSetting(setting, paint)}\n`)
  return `${colour(`${SIGNS[kind]} ${name}`)}  ${paint.dim(forWhom(change))}\n${lines.join('')}`
}

function renderSetting({ before, after }: SettingChange, paint: Paint): string {
  if (before === undefined) return paint.green(after ?? '')
  if (after === undefined) return paint.red(`${before} (no more)`)
  if (before === after) return 'another value'
  return `${before} → ${after}`
}

function forWhom({ kind, subject, routes, consumers }: Change): string {
  if (consumers !== undefined) {
    if (subject === 'consumer') return kind === 'removed' ? 'can call no more' : 'for this consumer'
    return consumers.length === 0 ? 'for nobody yet' : `for ${consumers.join(', ')}`
  }
  if (subject === 'route') return 'for whoever calls it'
  if (routes.length === 0) return subject === 'upstream' ? 'for nobody: no route leads there' : 'for operators'
  return `for whoever calls ${routes.length === 1 ? 'the route' : 'the routes'} ${routes.join(', ')}`
}

function renderRequest({ host, method, path, before, after }: Rerouted, paint: Paint): string {
  const what = `${method === '*' ? 'any method' : method} ${host === '*' ? '' : host}${path}`
  const to = after === undefined ? paint.red('nothing is served') : after
  return `${what}: ${before ?? 'nothing was served'} → ${to}`
}
