/** `tacit records`: lists kinds, reads and exports rows, and drops days that are over. */
import { type Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../clock.ts'
import type { RecordFilter, RecordRow } from '../contract/records.ts'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { readConfiguration } from '../gateway.ts'
import type { CompiledKind } from '../records/kind.ts'
import { OfflineRecords } from '../records/offline.ts'
import { table } from './table.ts'
import { EXIT, guarded, printJson, type Terminal } from './terminal.ts'

interface ReadOptions {
  readonly config: string
  readonly where: readonly string[]
  readonly from?: number
  readonly to?: number
  readonly limit: number
  readonly cursor?: string
  readonly oldest?: boolean
  readonly clear?: boolean
}

const DAY_MS = 86_400_000
const CONFIG = ['-c, --config <file>', 'the configuration', 'gateway.yaml'] as const

/** Adds the commands. */
export function addRecords(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const records = program.command('records').description('read the rows that plugins keep, and drop old ones')
  const run = async (json: boolean | undefined, work: () => Promise<void>) =>
    done(
      await guarded(terminal, json, async () => {
        await work()
        return EXIT.ok
      })
    )
  records
    .command('kinds')
    .description('list kinds of rows, how long they live, and the days that there are')
    .option(...CONFIG)
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  tacit records kinds --config config/gateway.yaml')
    .action((options: { config: string; json?: boolean }) =>
      run(options.json, () => printKinds(options.config, options.json, terminal))
    )
  const reading = (name: string, description: string) =>
    records
      .command(name)
      .description(description)
      .argument('<kind>', 'such as `metering.usage`')
      .option(...CONFIG)
      .option('-w, --where <column=value...>', 'rows with this value; `200..299` for a range', [])
      .option('--from <instant>', 'rows from this instant on: 2026-11-21T10:00:00Z, or 2h for two hours ago', instant)
      .option('--to <instant>', 'rows before this instant', instant)
      .option('--oldest', 'the oldest rows first')
      .option('--clear', 'clear columns only, nothing is unsealed')
  reading('query', 'print rows, the newest first, one JSON object on each line')
    .option('-n, --limit <rows>', 'how many, 1 to 1000', Number, 100)
    .option('--cursor <cursor>', 'go on where a page ended')
    .addHelpText('after', '\nExample:\n  tacit records query metering.usage --where status=500..599 --from 2h')
    .action((kind: string, options: ReadOptions) => run(false, () => query(kind, options, terminal)))
  reading('export', 'print all rows, one JSON object on each line (NDJSON)')
    .addHelpText('after', '\nExample:\n  tacit records export metering.usage --oldest > usage.ndjson')
    .action((kind: string, options: ReadOptions) => run(false, () => exportAll(kind, options, terminal)))
  records
    .command('expire')
    .description('drop every day that is over, with its key; a gateway that runs does so by itself')
    .option(...CONFIG)
    .option('--dry-run', 'only say which')
    .addHelpText('after', '\nExample:\n  tacit records expire --dry-run')
    .action((options: { config: string; dryRun?: boolean }) =>
      run(false, async () => {
        const days = (await open(options.config, terminal)).expire(systemClock.now(), options.dryRun === true)
        for (const { kind, day } of days) terminal.out(`${kind} ${day}\n`)
        const what = options.dryRun === true ? 'over' : 'dropped'
        terminal.error(`${days.length} ${days.length === 1 ? 'day' : 'days'} ${what}.\n`)
      })
    )
}

async function open(file: string, terminal: Terminal): Promise<OfflineRecords> {
  return await OfflineRecords.open(await readConfiguration({ file, environment: terminal.environment }))
}

async function printKinds(file: string, json: boolean | undefined, terminal: Terminal): Promise<void> {
  const kinds = (await open(file, terminal)).kinds()
  if (json === true) printJson(terminal, kinds)
  else {
    const rows = kinds.map(({ name, class: group, lifeMs, columns, days }) => [
      name,
      group,
      lifeMs === undefined ? 'no plugin' : `${Math.round(lifeMs / DAY_MS)}d`,
      `${days.length} ${days.length === 1 ? 'day' : 'days'}`,
      columns.join(' ')
    ])
    terminal.out(table([['kind', 'class', 'life', 'kept', 'columns'], ...rows]))
  }
}

async function query(kind: string, options: ReadOptions, terminal: Terminal): Promise<void> {
  let left = options.limit
  for (const { rows, cursor } of await pages(kind, options, left, terminal)) {
    for (const row of rows) terminal.out(line(row))
    left -= rows.length
    // A page may be short and still not be the last.
    if (left > 0 && rows.length < options.limit && cursor !== undefined && rows.length === 0) continue
    if (cursor !== undefined) terminal.error(`There are more: --cursor ${cursor}\n`)
    return
  }
}

async function exportAll(kind: string, options: ReadOptions, terminal: Terminal): Promise<void> {
  for (const { rows } of await pages(kind, options, 1_000, terminal)) for (const row of rows) terminal.out(line(row))
}

async function pages(kind: string, options: ReadOptions, limit: number, terminal: Terminal) {
  const records = await open(options.config, terminal)
  const declared = records.kind(kind)
  if (declared === undefined && records.kinds().every(({ name }) => name !== kind)) {
    const names = records.kinds().map(({ name }) => name)
    throw new GatewayError(
      'TACIT_RECORD_UNKNOWN',
      'There is no such kind of records.',
      names.length === 0 ? undefined : `There are: ${names.join(', ')}.`
    )
  }
  const { from, to, cursor, oldest, clear } = options
  const where = Object.fromEntries(options.where.map(text => condition(text, declared)))
  const order = oldest === true ? 'oldest' : 'newest'
  return records.pages(kind, { from, to, where, cursor, order, limit, clearOnly: clear === true }, systemClock.now())
}

/** `status=200`, `status=200..299`, `route=chat`; values become numbers where the column holds some. */
function condition(text: string, kind: CompiledKind | undefined): readonly [string, RecordFilter] {
  const at = text.indexOf('=')
  if (at < 1) throw new GatewayError('TACIT_QUERY_INVALID', 'A condition is written as column=value.')
  const name = text.slice(0, at)
  const value = text.slice(at + 1)
  const field = kind?.clear.find(candidate => candidate.name === name)
  if (field?.type === 'boolean') return [name, value === 'true']
  if (field?.type !== 'integer' && field?.type !== 'number') return [name, value]
  const [, low, high] = /^(-?[\d.]+)\.\.(-?[\d.]+)$/.exec(value) ?? []
  return [name, low === undefined || high === undefined ? Number(value) : { from: Number(low), to: Number(high) }]
}

function instant(text: string): number {
  const agoMs = parseDurationMs(text)
  const at = agoMs === undefined ? Date.parse(text) : systemClock.now() - agoMs
  if (Number.isNaN(at)) throw new InvalidArgumentError('It is no instant.')
  return at
}

function line({ id, at, fields }: RecordRow): string {
  const values = Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? `${value}` : value])
  return `${JSON.stringify({ id, at: new Date(at).toISOString(), ...Object.fromEntries(values) })}\n`
}
