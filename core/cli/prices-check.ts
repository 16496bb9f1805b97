/** `tacit prices check`: says what is wrong with prices, and which models have none. */
import type { Command } from 'commander'
import { type Coverage, coverageOf } from '../catalogue/coverage.ts'
import { dayOf } from '../catalogue/day.ts'
import { readCatalogue } from '../catalogue/read.ts'
import { systemClock } from '../clock.ts'
import { parseDurationMs } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import type { Paint } from '../paint.ts'
import { parseInstant } from './dry-arguments.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface CheckOptions {
  readonly at?: string
  readonly olderThan?: string
  readonly exitCode?: boolean
  readonly json?: boolean
}

/** Adds the command. */
export function addPricesCheck(prices: Command, terminal: Terminal, done: (code: number) => void): void {
  prices
    .command('check')
    .description('say what is wrong with prices, and which models have none')
    .argument('[file]', 'a configuration, whose `catalogue:` counts over what comes along')
    .option('--at <instant>', 'the instant whose prices count: now, if not given')
    .option('--older-than <duration>', 'also list prices that were read longer ago, such as 90d')
    .option('--exit-code', `end with ${EXIT.found} when a model has no price`)
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', '\nExample:\n  tacit prices check gateway.yaml --older-than 90d')
    .action(async (file: string | undefined, options: CheckOptions) =>
      done(await guarded(terminal, options.json, () => check(file, options, terminal)))
    )
}

async function check(file: string | undefined, options: CheckOptions, terminal: Terminal): Promise<number> {
  const at = options.at === undefined ? systemClock.now() : parseInstant(options.at)
  const readSinceAt = options.olderThan === undefined ? Number.NEGATIVE_INFINITY : at - durationMs(options.olderThan)
  const registry = await readCatalogue(file, terminal.environment)
  const coverage = coverageOf(registry, at, readSinceAt)
  if (options.json === true) printJson(terminal, { at: new Date(at).toISOString(), providers: coverage.map(plain) })
  else terminal.out(renderCoverage(coverage, paintOf(terminal)))
  const isWhole = coverage.every(({ unpriced }) => unpriced.length === 0)
  return options.exitCode === true && !isWhole ? EXIT.found : EXIT.ok
}

/** @throws GatewayError `TACIT_ARGUMENT_INVALID`. */
function durationMs(text: string): number {
  const duration = parseDurationMs(text)
  if (duration !== undefined) return duration
  throw new GatewayError('TACIT_ARGUMENT_INVALID', 'A duration is a number and a unit.', 'Such as --older-than 90d.')
}

function plain({ ending, old, ...coverage }: Coverage): object {
  return {
    ...coverage,
    ending: ending.map(({ model, toAt }) => ({ model, to: dayOf(toAt) })),
    old: old.map(({ model, readAt }) => ({ model, readOn: dayOf(readAt) }))
  }
}

/** How far prices go, for people. */
export function renderCoverage(coverage: readonly Coverage[], paint: Paint): string {
  const models = coverage.reduce((sum, each) => sum + each.models.length, 0)
  const unpriced = coverage.reduce((sum, each) => sum + each.unpriced.length, 0)
  const rows = coverage
    .filter(each => each.models.length > 0)
    .map(({ provider, models, unpriced }) => [
      provider,
      String(models.length),
      String(models.length - unpriced.length),
      unpriced.join(', ')
    ])
  const heads = ['PROVIDER', 'MODELS', 'PRICED', 'WITHOUT A PRICE']
  const bare = coverage.filter(each => each.models.length === 0).map(({ provider }) => provider)
  return [
    table([heads, ...rows], (cell, column, row) =>
      row === 0 ? paint.dim(cell) : column === 3 ? paint.yellow(cell) : cell
    ),
    ...(bare.length > 0 ? [`No models are listed of: ${bare.join(', ')}.\n`] : []),
    ...coverage.flatMap(({ provider, ending, old }) => [
      ...ending.map(({ model, toAt }) => `${provider} ${model}: no price is known from ${dayOf(toAt)} on.\n`),
      ...old.map(({ model, readAt }) => `${provider} ${model}: its price was read on ${dayOf(readAt)}.\n`)
    ]),
    `${models} models, of which ${unpriced === 0 ? 'every one has a price' : `${unpriced} have no price`}.\n`
  ].join('')
}
