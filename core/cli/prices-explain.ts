/** `tacit prices explain`: says what is known of a model's price, and what a call costs, kind by kind. */
import type { Command } from 'commander'
import { formatFemto, formatNano } from '../catalogue/amounts.ts'
import type { Price } from '../catalogue/cost.ts'
import { dayOf } from '../catalogue/day.ts'
import { amountsOf } from '../catalogue/differences.ts'
import { STANDARD } from '../catalogue/price-entries.ts'
import { TOKEN_KINDS } from '../catalogue/rates.ts'
import { readCatalogue } from '../catalogue/read.ts'
import type { Registry } from '../catalogue/registry.ts'
import { systemClock } from '../clock.ts'
import type { TokenUsage } from '../contract/usage.ts'
import type { FoundModel, KnownCost, UnknownCost } from '../dialects/catalogue.ts'
import { GatewayError } from '../errors.ts'
import type { Paint } from '../paint.ts'
import { parseInstant } from './dry-arguments.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'
import { COUNTS, type CountOptions, usageFrom } from './usage-arguments.ts'

interface ExplainOptions extends CountOptions {
  readonly config?: string
  readonly tier?: string
  readonly at?: string
  readonly json?: boolean
}

/** Adds the command. */
export function addPricesExplain(prices: Command, terminal: Terminal, done: (code: number) => void): void {
  const command = prices
    .command('explain')
    .description('say what is known of the price of a model, and what a call costs')
    .argument('<provider>', 'id of the provider, such as openai')
    .argument('<model>', 'name of the model, as a request gives it')
    .option('-c, --config <file>', 'a configuration, whose `catalogue:` counts over what comes along')
  for (const [flag, description] of COUNTS) command.option(flag, description)
  command
    .option('--unit <name=count...>', 'pieces that are billed by the piece, such as searches=2')
    .option('--tier <word>', 'what is paid for besides, such as batch or priority')
    .option('--at <instant>', 'the instant whose price counts: now, if not given')
    .option('--json', 'print it as JSON; amounts of money are texts')
    .addHelpText(
      'after',
      '\nExamples:\n  tacit prices explain anthropic claude-opus-5-5\n' +
        '  tacit prices explain openai gpt-6-sol --input 1200 --cache-read 800 --output 350 --tier batch'
    )
    .action(async (provider: string, model: string, options: ExplainOptions) =>
      done(await guarded(terminal, options.json, () => explain(provider, model, options, terminal)))
    )
}

async function explain(provider: string, name: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const at = options.at === undefined ? systemClock.now() : parseInstant(options.at)
  const usage = usageFrom(options)
  const registry = await readCatalogue(options.config, terminal.environment)
  const found = registry.model(provider, name)
  if (!found.known) throw notFound(registry, provider, name)
  const price = registry.priceAt(provider, found.model.id, at)
  if (price === undefined) throw noPrice(registry, provider, found.model.id, at)
  const cost = usage === undefined ? undefined : costOf(registry, { provider, model: name, usage, at }, options.tier)
  if (options.json === true) printJson(terminal, plain(found, price, cost))
  else terminal.out(render(found, price, cost, paintOf(terminal)))
  return EXIT.ok
}

type Found = Extract<FoundModel, { known: true }>

function costOf(
  registry: Registry,
  question: { readonly provider: string; readonly model: string; readonly usage: TokenUsage; readonly at: number },
  tier: string | undefined
): KnownCost {
  const cost = registry.cost({ ...question, tier })
  if (cost.known) return cost
  throw new GatewayError('TACIT_COST_UNKNOWN', whyUnknown(cost, tier), 'Add what is missing under `catalogue.prices`.')
}

function whyUnknown({ missing, kinds }: UnknownCost, tier = 'standard'): string {
  if (missing === 'rate') return `No price is known for: ${kinds.join(', ')}. The rest would be too little.`
  if (missing === 'tier') return `No price is known for the tier "${tier}".`
  return 'These counts cannot be: reasoning and sound are parts of output, and sound is a part of input.'
}

function notFound(registry: Registry, provider: string, name: string): GatewayError {
  if (registry.provider(provider) === undefined) {
    const meant = registry.nearProvider(provider)
    const { providers } = registry
    const known = providers.map(({ id }) => id).join(', ')
    const cure = meant === undefined ? `There are: ${known}.` : `Did you mean "${meant}"?`
    return new GatewayError('TACIT_PROVIDER_UNKNOWN', `No provider is called "${provider}".`, cure)
  }
  const meant = registry.near(provider, name)
  const cure = meant === undefined ? 'Add it under `catalogue.models`.' : `Did you mean "${meant}"?`
  return new GatewayError('TACIT_MODEL_UNKNOWN', `${provider} has no model called "${name}".`, cure)
}

function noPrice(registry: Registry, provider: string, model: string, at: number): GatewayError {
  const known = registry.pricesOf(provider, model).map(({ fromAt }) => dayOf(fromAt))
  const others = known.length === 0 ? '' : ` There is one from ${known.join(', and one from ')}.`
  return new GatewayError(
    'TACIT_PRICE_UNKNOWN',
    `No price of ${provider} ${model} is known on ${dayOf(at)}.${others}`,
    'Add one under `catalogue.prices`.'
  )
}

function plain({ model, by }: Found, price: Price, cost: KnownCost | undefined): object {
  const { version, currency, fromAt, toAt, source } = price
  return {
    model: { ...model, by, source: undefined },
    price: {
      version,
      currency,
      from: dayOf(fromAt),
      to: Number.isFinite(toAt) ? dayOf(toAt) : undefined,
      amounts: Object.fromEntries(amountsOf(price)),
      source: { url: source.url, readOn: dayOf(source.readAt), via: source.via }
    },
    cost: cost && {
      amountNano: String(cost.amountNano),
      currency,
      priceVersion: cost.priceVersion,
      parts: cost.parts.map(({ kind, count, rateFemto, amountFemto }) => ({
        kind,
        count,
        rateFemto: String(rateFemto),
        amountFemto: String(amountFemto)
      }))
    }
  }
}

const BY = { id: '', alias: ' (another name)', snapshot: ' (a dated snapshot)', wildcard: ' (by a wildcard)' } as const

/** What is known, for people. */
function render({ model, by }: Found, price: Price, cost: KnownCost | undefined, paint: Paint): string {
  const { fromAt, toAt, source, version } = price
  const until = Number.isFinite(toAt) ? ` until ${dayOf(toAt)}` : ''
  const via = source.via === undefined ? '' : `\nvia      ${source.via}`
  const bounds = [
    ...(model.contextTokens === undefined ? [] : [`${grouped(model.contextTokens)} tokens in all`]),
    ...(model.maxOutputTokens === undefined ? [] : [`${grouped(model.maxOutputTokens)} of output`])
  ].join(', ')
  const head = [
    `model    ${paint.bold(`${model.provider} ${model.id}`)}${BY[by]}`,
    `bounds   ${bounds === '' ? 'not known' : bounds}`,
    `price    ${version}, from ${dayOf(fromAt)}${until}`,
    `source   ${source.url}, read on ${dayOf(source.readAt)}${via}`
  ].join('\n')
  return `${head}\n\n${cost === undefined ? rateTable(price, paint) : costTable(cost, paint)}`
}

/** A row for each kind, a column for each tier and each length from which other rates hold. */
function rateTable(price: Price, paint: Paint): string {
  const amounts = amountsOf(price)
  const columns = [...price.cards].flatMap(([tier, { above }]) => {
    const prefix = tier === STANDARD ? '' : `${tier} `
    const steps = above.toReversed().map(({ inputTokens }) => ({
      head: `${prefix}> ${grouped(inputTokens)}`,
      prefix,
      suffix: ` above ${inputTokens}`
    }))
    return [{ head: tier, prefix, suffix: '' }, ...steps]
  })
  const kinds = new Set([...amounts.keys()].flatMap(what => KINDS_LAST.exec(what)?.[1] ?? []))
  kinds.delete('to')
  const rows = [...kinds].map(kind => [
    kind,
    ...columns.map(({ prefix, suffix }) => amounts.get(`${prefix}${kind}${suffix}`)?.replace(/ [A-Z]+$/, '') ?? '-')
  ])
  const heads = ['KIND', ...columns.map(({ head }) => head.toUpperCase())]
  const rates = table([heads, ...rows], (cell, _column, row) => (row === 0 ? paint.dim(cell) : cell))
  return `${rates}\n${price.currency} for a million tokens, for each call and for each piece. "-" is not known.\n`
}

/** The kind in what an amount is for: behind the tier, before the length. */
const KINDS_LAST = /(\S+)(?: above \d+)?$/

function costTable({ parts, amountNano, currency }: KnownCost, paint: Paint): string {
  const rows = parts.map(({ kind, count, rateFemto, amountFemto }) => {
    const isToken = TOKEN_KINDS.some(token => token === kind)
    const rate = isToken ? `${formatNano(rateFemto, currency)} a million` : `${formatFemto(rateFemto, currency)} each`
    return [kind, grouped(count), rate, formatFemto(amountFemto, currency)]
  })
  const total = ['total', '', 'rounded up', formatNano(amountNano, currency)]
  return table([['KIND', 'COUNT', 'PRICE', 'AMOUNT'], ...rows, total], (cell, _column, row) =>
    row === 0 ? paint.dim(cell) : row > rows.length ? paint.bold(cell) : cell
  )
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
