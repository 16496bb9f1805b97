/** `tacit check`: says everything that is wrong with a configuration, or who reads and keeps what, without starting it. */
import type { Command } from 'commander'
import { problemsJson, renderReport } from '../configuration/report.ts'
import { DryGateway } from '../dry-run/explain.ts'
import { readConfiguration } from '../gateway.ts'
import type { Paint } from '../paint.ts'
import { type DataReport, type DataUse, dataReport } from './data-uses.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface CheckOptions {
  readonly json?: boolean
  readonly data?: boolean
}

/** Adds the command. */
export function addCheck(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('check')
    .description('check a configuration without starting it')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .option('--data', 'say who reads, sends and keeps what')
    .option('--json', 'print the problems, or the report on data, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  tacit check config/gateway.yaml --json\n  tacit check config/gateway.yaml --data'
    )
    .action(async (file: string, options: CheckOptions) =>
      done(await guarded(terminal, options.json, () => check(file, options, terminal)))
    )
}

async function check(file: string, { json, data }: CheckOptions, terminal: Terminal): Promise<number> {
  const loaded = await readConfiguration({ file, environment: terminal.environment })
  const { warnings } = loaded
  // Some faults show only when plugins are set up, such as one that authenticates and stands where nothing asks it.
  const dry = await DryGateway.open(loaded, { at: Date.now() })
  await dry.close()
  const report = data === true ? dataReport(loaded) : undefined
  if (json === true) {
    printJson(terminal, { problems: problemsJson(warnings), ...report })
    return EXIT.ok
  }
  if (warnings.length > 0) terminal.error(renderReport(warnings, '', terminal.paint?.error))
  terminal.out(report === undefined ? `${file} is in order.\n` : renderData(report, paintOf(terminal)))
  return EXIT.ok
}

/** The report on data, for people. */
export function renderData({ destinations, uses }: DataReport, paint: Paint): string {
  const heading = (cell: string, _column: number, row: number) => (row === 0 ? paint.dim(cell) : cell)
  const goes = destinations.map(({ upstream, routes, peers }) => [
    upstream,
    routes.length === 0 ? '(where plugins send it)' : routes.join(', '),
    peers.map(({ host, region }) => (region === undefined ? host : `${host} (${region})`)).join(', ')
  ])
  const reads = uses.map(use => [use.plugin, use.where, use.reads.join(', ') || 'nothing', sends(use), keeps(use)])
  const rows = uses.flatMap(({ plugin, keeps: kept }) =>
    kept.map(({ kind, class: of, purpose, fields, clear, subject }) => [
      `${plugin}: ${kind}`,
      of,
      subject ?? 'nobody',
      fields.map(field => (clear.includes(field) ? `${field} (readable)` : field)).join(', '),
      purpose
    ])
  )
  const parts = [
    `${paint.bold('where requests go, with their bodies')}\n${table([['UPSTREAM', 'ROUTES', 'SERVERS'], ...goes], heading)}`,
    `${paint.bold('what plugins read, send and keep')}\n${table([['PLUGIN', 'WHERE', 'READS', 'SENDS', 'KEEPS'], ...reads], heading)}`
  ]
  if (rows.length > 0) {
    const heads = ['ROWS', 'CLASS', 'SUBJECT', 'FIELDS', 'PURPOSE']
    parts.push(`${paint.bold('rows that are kept')}\n${table([heads, ...distinct(rows)], heading)}`)
  }
  return parts.join('\n')
}

function sends({ egress }: DataUse): string {
  return egress.map(({ to, what }) => `${what} to ${to}`).join(', ') || 'nothing'
}

function keeps({ keeps: kept, logs }: DataUse): string {
  const rows = kept.map(({ kind }) => `rows: ${kind}`)
  return [...rows, ...logs.map(({ event, fields }) => `log: ${event} (${fields.join(', ')})`)].join('; ') || 'nothing'
}

/** A plugin that is used twice keeps the same rows. */
function distinct(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(rows.map(row => [row.join('\0'), row])).values()]
}
