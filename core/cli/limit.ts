/**
 * `tacit limit` and `tacit budget`: what somebody has used of a running gateway's limits and budgets, more of them, and a new
 * beginning. Asks its admin listener, and knows plugins by the endpoints that they have.
 */
import type { Command } from 'commander'
import { GatewayError } from '../errors.ts'
import { type AdminOptions, askAdmin, DEFAULT_ADMIN, listIn, member, TOKEN_HINT, word } from './admin-client.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

/** Limits, or budgets: where plugins tell of them, and in what words. */
interface Noun {
  readonly one: 'limit' | 'budget'
  /** The last segment of the endpoint, and the member of its answer. */
  readonly all: 'limits' | 'budgets'
  readonly whose: readonly Whose[]
  readonly example: string
}

const WHOSE = {
  consumer: 'id of a consumer',
  group: 'id of a group; beside --consumer, the one that it is in',
  key: 'name of a credential of the consumer',
  address: 'address of a client',
  header: 'value of the header that limits count by',
  model: 'name of a model',
  route: 'id of a route'
} as const
type Whose = keyof typeof WHOSE
const ALL_WHOSE = ['consumer', 'group', 'key', 'address', 'header', 'model', 'route'] as const

const LIMIT: Noun = { one: 'limit', all: 'limits', whose: ALL_WHOSE, example: 'daily' }
const BUDGET: Noun = { one: 'budget', all: 'budgets', whose: ['consumer', 'group', 'key'], example: 'month' }

type Options = AdminOptions & { readonly [Kind in Whose]?: string } & { readonly instance?: string }
interface Added {
  readonly units?: string
  readonly money?: string
  readonly takeBack?: boolean
}

/** One limit or budget as an instance tells of it. */
interface Standing {
  readonly instance: string
  readonly facts: unknown
}

/** Adds `tacit limit`. */
export function addLimit(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const limit = program.command('limit').description('show what somebody has used of the limits of a running gateway')
  addListAndReset(limit, LIMIT, terminal, done)
  common(
    limit
      .command('top-up')
      .description('let somebody use more of a limit, until its window ends')
      .argument('<limit>', 'its name')
      .option('--units <count>', 'units to add; taken away again if negative')
      .option('--money <amount>', "the same of a limit on cost, such as '5.00 USD'"),
    LIMIT,
    'top-up daily --consumer team-search --units 1000'
  ).action(async (name: string, options: Options & Added) =>
    done(
      await changed(LIMIT, name, 'top-up', options, terminal, () => {
        const { units, money } = options
        if (money !== undefined && units === undefined) return { money }
        if (units !== undefined && money === undefined && /^-?\d{1,15}$/.test(units)) return { units: Number(units) }
        throw new GatewayError('TACIT_ARGUMENT_INVALID', 'How much is to be added?', 'Give --units or --money.')
      })
    )
  )
}

/** Adds `tacit budget`. */
export function addBudget(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const budget = program
    .command('budget')
    .description('show what somebody has spent of the budgets of a running gateway')
  addListAndReset(budget, BUDGET, terminal, done)
  common(
    budget
      .command('top-up')
      .description('add money to a budget, until its window ends')
      .argument('<budget>', 'its name')
      .argument('<amount>', "in its currency, such as '5.00 USD'")
      .option('--take-back', 'take it away again instead'),
    BUDGET,
    "top-up month '5.00 USD' --consumer team-search"
  ).action(async (name: string, amount: string, options: Options & Added) =>
    done(
      await changed(BUDGET, name, 'top-up', options, terminal, () => ({
        amount,
        ...(options.takeBack === true && { takeBack: true })
      }))
    )
  )
}

function addListAndReset(parent: Command, noun: Noun, terminal: Terminal, done: (code: number) => void): void {
  common(
    parent.command('list').description(`show the ${noun.all} of somebody, as they stand`),
    noun,
    'list --consumer team-search'
  ).action(async (options: Options) =>
    done(
      await guarded(terminal, options.json, async () =>
        tell(noun, await standings(noun, options, terminal), options, terminal)
      )
    )
  )
  common(
    parent
      .command('reset')
      .description(`forget what somebody has used of a ${noun.one}`)
      .argument(`<${noun.one}>`, 'its name'),
    noun,
    `reset ${noun.example} --consumer team-search`
  ).action(async (name: string, options: Options) =>
    done(await changed(noun, name, 'reset', options, terminal, () => ({})))
  )
}

/** The options that each command has. */
function common(command: Command, noun: Noun, example: string): Command {
  for (const kind of noun.whose) command.option(`--${kind} <name>`, WHOSE[kind])
  return command
    .option('--instance <name>', 'the instance of the plugin, such as rate-limit#2; all if not given')
    .option('--admin <url>', 'the admin listener of the gateway', DEFAULT_ADMIN)
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', `\n${TOKEN_HINT}\n\nExample:\n  tacit ${noun.one} ${example}`)
}

/** Every limit that counts by no more than what was named. @throws GatewayError `TACIT_LIMITS_NONE`. */
async function standings(noun: Noun, options: Options, terminal: Terminal): Promise<readonly Standing[]> {
  const found = await instances(noun, options, terminal)
  const asked = new URLSearchParams(whose(noun, options))
  const answers: Standing[] = []
  for (const instance of found) {
    const answer = await askAdmin(options, terminal, `${placeOf(instance)}/${noun.all}?${asked}`)
    answers.push(...listIn(answer, noun.all).map(facts => ({ instance, facts })))
  }
  return answers
}

/** Instances of plugins that answer where this is asked for. */
async function instances(noun: Noun, options: Options, terminal: Terminal): Promise<readonly string[]> {
  const plugins = listIn(await askAdmin(options, terminal, '/v1/plugins'), 'plugins')
  const named = plugins
    .filter(plugin => listIn(plugin, 'endpoints').some(endpoint => isPlaceOf(noun, endpoint)))
    .map(plugin => word(plugin, 'instance'))
  const found = options.instance === undefined ? named : named.filter(instance => instance === options.instance)
  if (found.length > 0) return found
  throw new GatewayError(
    'TACIT_LIMITS_NONE',
    options.instance === undefined
      ? `No plugin of this gateway keeps ${noun.all}.`
      : `No instance of that name keeps ${noun.all}.`,
    named.length === 0 ? undefined : `There are: ${named.join(', ')}.`
  )
}

function isPlaceOf(noun: Noun, endpoint: unknown): boolean {
  const place = [word(endpoint, 'listener'), word(endpoint, 'method'), word(endpoint, 'path')]
  return place.join(' ') === `admin GET /${noun.all}`
}

/** Changes one of them, and shows what came of it. @throws GatewayError `TACIT_LIMIT_UNKNOWN`, `TACIT_LIMIT_AMBIGUOUS`. */
function changed(
  noun: Noun,
  name: string,
  action: 'top-up' | 'reset',
  options: Options,
  terminal: Terminal,
  more: () => object
): Promise<number> {
  return guarded(terminal, options.json, async () => {
    const body = { [noun.one]: name, ...whose(noun, options), ...more() }
    const known = await standings(noun, options, terminal)
    const of = [...new Set(known.filter(({ facts }) => word(facts, noun.one) === name).map(({ instance }) => instance))]
    const [instance, another] = of
    if (instance === undefined) {
      const names = [...new Set(known.map(({ facts }) => word(facts, noun.one)))]
      throw new GatewayError(
        'TACIT_LIMIT_UNKNOWN',
        `There is no such ${noun.one} for whom you name.`,
        names.length === 0 ? 'Name all that it counts by.' : `There are: ${names.join(', ')}.`
      )
    }
    if (another !== undefined) {
      throw new GatewayError(
        'TACIT_LIMIT_AMBIGUOUS',
        `Several instances keep a ${noun.one} of that name.`,
        `Give --instance with one of: ${of.join(', ')}.`
      )
    }
    const answer = await askAdmin(options, terminal, `${placeOf(instance)}/${action}`, body)
    const after = listIn(answer, noun.all).map(facts => ({ instance, facts }))
    return tell(noun, after, options, terminal)
  })
}

function whose(noun: Noun, options: Options): Record<string, string> {
  return Object.fromEntries(
    noun.whose.flatMap(kind => {
      const name = options[kind]
      return name === undefined ? [] : [[kind, name]]
    })
  )
}

/** Where the admin listener serves an instance: a `#` would have to be escaped. */
function placeOf(instance: string): string {
  return `/plugins/${encodeURIComponent(instance.replace('#', '.'))}`
}

function tell(noun: Noun, found: readonly Standing[], { json }: AdminOptions, terminal: Terminal): number {
  if (json === true) {
    const entries = found.map(({ instance, facts }) => ({ instance, ...Object(facts) }))
    printJson(terminal, { [noun.all]: entries })
    return EXIT.ok
  }
  if (found.length === 0) {
    terminal.out(`Nothing counts by these. Name a --consumer, a --group, or both.\n`)
    return EXIT.ok
  }
  const { dim, bold } = paintOf(terminal)
  const heads = [noun.one.toUpperCase(), 'COUNTS BY', 'USED', 'HELD', 'LEFT', 'OF', 'ADDED', 'WHOLE AGAIN', 'INSTANCE']
  const rows = found.map(({ instance, facts }) => {
    const figure = (name: string) => figureOf(facts, name)
    const name = word(facts, noun.one)
    return [
      member(facts, 'shadow') === true ? `${name} (on trial)` : name,
      [member(facts, 'by')].flat().join(' '),
      figure('spent'),
      figure('held'),
      figure('remaining'),
      figure(noun.one === 'budget' ? 'amount' : 'most'),
      figure('credit'),
      whenOf(member(facts, 'resetsAt')),
      instance
    ]
  })
  terminal.out(
    table([heads, ...rows], (cell, column, row) => (row === 0 ? dim(cell) : column === 0 ? bold(cell) : cell))
  )
  return EXIT.ok
}

/** Budgets are told as money is written; limits on cost in 1e-9 of a currency. */
function figureOf(facts: unknown, name: string): string {
  const figure = word(facts, name)
  const [, currency] = /^nano-([A-Z]{3})$/.exec(word(facts, 'unit')) ?? []
  return currency === undefined ? figure : `${(Number(figure) / 1e9).toFixed(2)} ${currency}`
}

function whenOf(at: unknown): string {
  return typeof at === 'number' && at > 0 ? new Date(at).toISOString() : '-'
}
