/** `tacit prices diff`: says which prices change from one configuration to another. */
import type { Command } from 'commander'
import { comparePrices, type PriceChange } from '../catalogue/differences.ts'
import { readCatalogue } from '../catalogue/read.ts'
import type { Paint } from '../paint.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

interface DiffOptions {
  readonly json?: boolean
  readonly exitCode?: boolean
}

/** Adds the command. */
export function addPricesDiff(prices: Command, terminal: Terminal, done: (code: number) => void): void {
  prices
    .command('diff')
    .description('say which prices change from one configuration to another, amount by amount')
    .argument('<old>', 'a configuration; what comes along is compared with it, if it is the only one')
    .argument('[new]', 'the configuration as it will be')
    .option('--exit-code', `end with ${EXIT.found} when a price changes`)
    .option('--json', 'print the changes as JSON')
    .addHelpText('after', '\nExamples:\n  tacit prices diff gateway.yaml\n  tacit prices diff gateway.yaml next.yaml')
    .action(async (first: string, second: string | undefined, options: DiffOptions) =>
      done(await guarded(terminal, options.json, () => diff(first, second, options, terminal)))
    )
}

async function diff(
  first: string,
  second: string | undefined,
  options: DiffOptions,
  terminal: Terminal
): Promise<number> {
  const { environment } = terminal
  const before = await readCatalogue(second === undefined ? undefined : first, environment)
  const after = await readCatalogue(second ?? first, environment)
  const changes = comparePrices(before, after)
  if (options.json === true) printJson(terminal, { changes })
  else terminal.out(renderPriceChanges(changes, paintOf(terminal)))
  return options.exitCode === true && changes.length > 0 ? EXIT.found : EXIT.ok
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

/** Changes for people, by provider and model. */
export function renderPriceChanges(changes: readonly PriceChange[], paint: Paint): string {
  if (changes.length === 0) return 'No price changes.\n'
  const blocks = changes.map(change => {
    const { kind, provider, model, from, amounts } = change
    const colour = kind === 'added' ? paint.green : kind === 'removed' ? paint.red : paint.yellow
    const width = Math.max(0, ...amounts.map(({ what }) => what.length))
    const lines = amounts.map(
      ({ what, before, after }) => `    ${what.padEnd(width)}  ${between(before, after, kind)}\n`
    )
    const versions = between(change.before, change.after, kind)
    return `${colour(`${SIGNS[kind]} ${provider} ${model}`)}  from ${from}  ${paint.dim(versions)}\n${lines.join('')}`
  })
  return `${blocks.join('\n')}\n${changes.length} ${changes.length === 1 ? 'price changes' : 'prices change'}.\n`
}

function between(before: string | undefined, after: string | undefined, kind: PriceChange['kind']): string {
  if (kind !== 'changed') return before ?? after ?? ''
  return `${before ?? 'not known'} → ${after ?? 'not known'}`
}
