/** What the plugin adds to `tacit`: usage as a table, receipts that are checked, invoices that are compared. */
import { type Command, type CommandTools, defineCommand, TimeZone, Type } from 'tacit-gateway/plugin'
import { readCsv } from './csv.ts'
import { linedUp } from './lined-up.ts'
import { decimalOf, nanoOf } from './money.ts'
import { COMPARED, compare, millionthsOf, readInvoice, type Side } from './reconcile.ts'
import { digestOf, isSigned, newKey } from './signing.ts'
import { addsUp } from './statement.ts'

/** Exit code of a command that has found what it looks for: a difference, a signature that is none. */
const FOUND = 3
/** Pages that a command asks for at most. */
const MAX_PAGES = 100

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }))

const When = {
  from: text('first day or instant; the first of this month, if not given'),
  to: text('first day or instant after it; now, if not given'),
  timeZone: TimeZone({ default: 'UTC', description: 'whose days are meant, such as Europe/Berlin' }),
  instance: Type.String({ default: 'ledger', pattern: '^ledger(?:#\\d+)?$', description: 'which ledger is asked' })
}

const usage = defineCommand({
  name: 'usage',
  summary: 'show what was used and what it cost, as a running gateway has added it up',
  options: Type.Object({
    ...When,
    step: Type.String({
      enum: ['total', 'hour', 'day', 'week', 'month'],
      default: 'total',
      description: 'how long each line reaches'
    }),
    by: Type.Array(Type.String({ enum: ['consumer', 'credential', 'route', 'model', 'price'] }), {
      default: ['model'],
      description: 'what lines are told apart by'
    }),
    consumer: text('only of this consumer'),
    model: text('only of this model'),
    route: text('only of this route')
  }),
  asks: true,
  async run({ step, by, consumer, model, route, ...when }, out, tools) {
    const figures = await figuresOf(tools, when, { step, by, consumer, model, route })
    const heads = [...(step === 'total' ? [] : ['from']), ...by, 'requests', 'input', 'cached', 'output', 'cost']
    const rows = figures.map(figure => [
      ...(step === 'total' ? [] : [wordIn(figure, 'from')]),
      ...by.map(group => wordIn(figure, group) || '–'),
      wordIn(figure, 'requests'),
      wordIn(figure, 'input'),
      wordIn(figure, 'cacheRead'),
      wordIn(figure, 'output'),
      [
        ...listIn(figure, 'cost').map(String),
        ...(Number(memberOf(figure, 'unpriced')) > 0 ? [`${wordIn(figure, 'unpriced')} unpriced`] : [])
      ].join(', ')
    ])
    if (rows.length === 0) out('Nothing was used then.')
    else
      for (const line of linedUp(
        heads.map(head => head.toUpperCase()),
        rows
      ))
        out(line)
    return 0
  }
})

const receiptKey = defineCommand({
  name: 'receipt key',
  summary: 'make a key that statements are signed with',
  options: Type.Object({}),
  async run(_options, out) {
    const { secret, public: open } = newKey()
    out(`secret  ${secret}`)
    out(`public  ${open}`)
    return 0
  }
})

const receiptVerify = defineCommand({
  name: 'receipt verify',
  summary: 'check a signed statement without asking anybody',
  options: Type.Object({
    file: Type.String({ description: 'the statement' }),
    key: Type.String({
      pattern: '^ed25519:[A-Za-z0-9_-]{43}$',
      description: 'the public key of whoever must have signed it'
    })
  }),
  arguments: ['file'],
  async run({ file, key }, out, tools) {
    const { statement, signature } = await receiptIn(file, tools)
    if (!isSigned(statement, signature, key)) {
      out('NOT VALID: this key has not signed what stands there.')
      return FOUND
    }
    if (!addsUp(statement)) {
      out('NOT VALID: it is signed, and its totals are not what its lines add up to.')
      return FOUND
    }
    const totals = listIn(statement, 'totals').map(total => moneyOf(total))
    out(
      `valid: ${wordIn(statement, 'consumer')}, ${wordIn(statement, 'month')} (${wordIn(statement, 'timeZone')}), signed for ${wordIn(statement, 'issuer')}`
    )
    out(
      `${totals.length === 0 ? 'nothing to pay' : totals.join(', ')}${memberOf(statement, 'isFinal') === true ? '' : '; the month was not over'}`
    )
    out(`sha256 ${digestOf(statement)}`)
    return 0
  }
})

const receiptCheck = defineCommand({
  name: 'receipt check',
  summary: 'hold a statement beside what a running gateway comes to now, from its figures or its rows',
  options: Type.Object({
    file: Type.String({ description: 'the statement' }),
    source: Type.String({ enum: ['rollups', 'rows'], default: 'rollups', description: 'what it is made of anew' }),
    instance: When.instance
  }),
  arguments: ['file'],
  asks: true,
  async run({ file, source, instance }, out, tools) {
    const { statement } = await receiptIn(file, tools)
    const path = [wordIn(statement, 'consumer'), wordIn(statement, 'month')].map(encodeURIComponent).join('/')
    const answer = await tools.ask(`${placeOf(instance)}/usage/statements/${path}?source=${source}`)
    const now: unknown = memberOf(answer, 'statement')
    const same = ['consumer', 'month', 'timeZone', 'from', 'to', 'lines', 'totals'].filter(
      name => digestOf(memberOf(statement, name) ?? null) === digestOf(memberOf(now, name) ?? null)
    )
    if (same.length === 7) {
      out(`the same: ${listIn(statement, 'lines').length} lines, made anew from ${source}`)
      return 0
    }
    out(
      `NOT THE SAME, made anew from ${source}: ${listIn(statement, 'totals').map(moneyOf).join(', ') || 'nothing'} there, ${listIn(now, 'totals').map(moneyOf).join(', ') || 'nothing'} now`
    )
    return FOUND
  }
})

const reconcile = defineCommand({
  name: 'reconcile',
  summary: 'compare a provider’s invoice in CSV with what the gateway has counted, model by model',
  options: Type.Object({
    invoice: Type.String({ description: 'the invoice' }),
    ...When,
    modelColumn: Type.String({ default: 'model', description: 'column with the name of the model' }),
    costColumn: text('column with the cost, as a plain decimal'),
    inputColumn: text('column with tokens of input, those of the cache included'),
    outputColumn: text('column with tokens of output'),
    requestsColumn: text('column with the number of requests'),
    currency: Type.String({ default: 'USD', pattern: '^[A-Z]{3}$', description: 'the currency of the cost' }),
    alias: Type.Array(Type.String({ pattern: '^[^=]+=[^=]+$' }), {
      default: [],
      description: 'what the invoice calls a model, and the catalogue: gpt-5-2026-01=gpt-5'
    }),
    tolerance: Type.String({
      default: '0%',
      pattern: '^\\d{1,3}(?:\\.\\d{1,4})?%$',
      description: 'share of the invoice’s figure that is no difference, such as 0.5%'
    }),
    toleranceAmount: Type.String({
      default: '0',
      pattern: '^\\d{1,12}(?:\\.\\d{1,9})?$',
      description: 'money that is no difference, such as 0.01'
    })
  }),
  arguments: ['invoice'],
  asks: true,
  async run(options, out, tools) {
    const { invoice, modelColumn, costColumn, inputColumn, outputColumn, requestsColumn, alias, currency, ...when } =
      options
    const mapping = {
      model: modelColumn,
      cost: costColumn,
      input: inputColumn,
      output: outputColumn,
      requests: requestsColumn
    }
    const figures = COMPARED.filter(figure => mapping[figure === 'costNano' ? 'cost' : figure] !== undefined)
    if (figures.length === 0)
      throw new Error('Name a column to compare: --cost-column, --input-column, --output-column or --requests-column.')
    const aliases = new Map(alias.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
    const theirs = readInvoice(readCsv(await tools.read(invoice)), mapping, aliases)
    const ours = new Map(
      (await figuresOf(tools, when, { step: 'total', by: ['model'] })).map(figure => [
        wordIn(figure, 'model') || '(no model)',
        sideOf(figure, currency)
      ])
    )
    const tolerance = { millionths: millionthsOf(options.tolerance) ?? 0n, nano: nanoOf(options.toleranceAmount) ?? 0n }
    const compared = compare(ours, theirs, figures, tolerance)
    const shown = (figure: string, value: bigint) => (figure === 'costNano' ? decimalOf(value) : String(value))
    const rows = compared.map(({ model, figure, ours: own, theirs: other, isWithin }) => [
      model,
      figure === 'costNano' ? `cost ${currency}` : figure,
      shown(figure, own),
      shown(figure, other),
      shown(figure, own - other),
      isWithin ? '' : 'DIFFERS'
    ])
    for (const line of linedUp(['MODEL', 'FIGURE', 'COUNTED', 'INVOICE', 'APART', ''], rows)) out(line)
    const apart = compared.filter(({ isWithin }) => !isWithin).length
    out(apart === 0 ? 'The invoice is what was counted.' : `${apart} of ${compared.length} figures differ.`)
    return apart === 0 ? 0 : FOUND
  }
})

/** The commands of the plugin. */
export const COMMANDS: readonly Command[] = [usage, receiptKey, receiptVerify, receiptCheck, reconcile]

interface Asked {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly timeZone: string
  readonly instance: string
}

/** All pages of figures. */
async function figuresOf(
  tools: CommandTools,
  { instance, from, to, timeZone }: Asked,
  { by, ...which }: { readonly by: readonly string[]; readonly [name: string]: string | readonly string[] | undefined }
): Promise<readonly unknown[]> {
  const query = new URLSearchParams({ timeZone, limit: '1000' })
  for (const [name, value] of Object.entries({ from, to, ...which }))
    if (typeof value === 'string') query.set(name, value)
  for (const group of by) query.append('by', group)
  const figures: unknown[] = []
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await tools.ask(`${placeOf(instance)}/usage?${query}`)
    figures.push(...listIn(answer, 'figures'))
    const next = memberOf(answer, 'next')
    if (typeof next !== 'string') return figures
    query.set('cursor', next)
  }
  throw new Error('There are too many figures. Ask for less time, or longer steps.')
}

function sideOf(figure: unknown, currency: string): Side {
  const whole = (...names: readonly string[]) =>
    names.reduce((sum, name) => sum + BigInt(Number(memberOf(figure, name) ?? 0)), 0n)
  const cost = listIn(figure, 'cost')
    .map(String)
    .find(amount => amount.endsWith(` ${currency}`))
  return {
    requests: whole('requests'),
    input: whole('input', 'cacheRead', 'cacheWriteShort', 'cacheWriteLong'),
    output: whole('output'),
    costNano: nanoOf(cost?.slice(0, -4) ?? '0') ?? 0n
  }
}

async function receiptIn(
  file: string,
  tools: CommandTools
): Promise<{ readonly statement: unknown; readonly signature: unknown }> {
  let receipt: unknown
  try {
    receipt = JSON.parse(await tools.read(file))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const statement = memberOf(receipt, 'statement')
  if (typeof statement !== 'object' || statement === null) throw new Error('This file holds no statement.')
  return { statement, signature: memberOf(receipt, 'signature') }
}

function moneyOf(total: unknown): string {
  const nano = wordIn(total, 'costNano')
  return `${/^-?\d{1,40}$/.test(nano) ? decimalOf(BigInt(nano)) : '?'} ${wordIn(total, 'currency')}`
}

function placeOf(instance: string): string {
  return `/plugins/${instance.replace('#', '.')}`
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const found = memberOf(value, name)
  return Array.isArray(found) ? found : []
}

/** Text or a number as text, without what a terminal would obey. */
function wordIn(value: unknown, name: string): string {
  const found = memberOf(value, name)
  return typeof found === 'string' || typeof found === 'number' ? String(found).replaceAll(/\p{Cc}/gu, '?') : ''
}
