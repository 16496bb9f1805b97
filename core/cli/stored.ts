/** What commands on stored identities share: their options, and how a row is shown. */
import type { Command } from 'commander'
import type { StoredIdentities } from '../admin/audited-identities.ts'
import { isBlock } from '../configuration/path.ts'
import { GatewayError } from '../errors.ts'
import { readConfiguration } from '../gateway.ts'
import type { Kind, Rows } from '../identity/rows.ts'
import { withStoredIdentities } from '../stored-identities.ts'
import { table } from './table.ts'
import { EXIT, guarded, printJson, type Terminal } from './terminal.ts'

/** Options of every such command. */
export interface StoredOptions {
  readonly config: string
  readonly json?: boolean
}

/** Rows that are read at once. */
const PAGE = 1_000

/** Adds the options that each of them has. */
export function withStoredOptions(command: Command, example: string): Command {
  return command
    .option('-c, --config <file>', 'the configuration whose store is meant', 'gateway.yaml')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', `\nExample:\n  ${example}`)
}

/** Opens the store, does something, and prints what came of it: for programs the value, for people the text. */
export function onStore<Value>(
  { config, json }: StoredOptions,
  terminal: Terminal,
  work: (identities: StoredIdentities) => Promise<Value>,
  text: (value: Value) => string
): Promise<number> {
  return guarded(terminal, json, async () => {
    const loaded = await readConfiguration({ file: config, environment: terminal.environment })
    const value = await withStoredIdentities(loaded, work)
    if (json === true) printJson(terminal, value)
    else terminal.out(text(value))
    return EXIT.ok
  })
}

/** Every row of a kind, or the credentials of one consumer, by and by. */
export async function allRows<Name extends Kind>(
  identities: StoredIdentities,
  kind: Name,
  consumer?: string
): Promise<readonly Rows[Name][]> {
  const rows: Rows[Name][] = []
  for (;;) {
    const more = await identities.list(kind, { limit: PAGE, after: rows.at(-1)?.id, consumer })
    rows.push(...more)
    if (more.length < PAGE) return rows
  }
}

/** A table with its heads; a sentence where there is nothing. */
export function listing(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? 'There is none in the store.\n' : table([heads, ...rows])
}

/** `name=value` of each. @throws GatewayError `TACIT_LABEL_INVALID`. */
export function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map(text => {
      const at = text.indexOf('=')
      if (at < 1) throw new GatewayError('TACIT_LABEL_INVALID', 'A label is written as name=value.')
      return [text.slice(0, at), text.slice(at + 1)]
    })
  )
}

/** Adds one more to what an option was given before. */
export function collect(text: string, texts: readonly string[]): readonly string[] {
  return [...texts, text]
}

/** Settings by plugin, written as JSON; none if not given. @throws GatewayError `TACIT_SETTINGS_INVALID`. */
export function settingsOf(text: string | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unreadable()
  }
  if (!isBlock(value)) throw unreadable()
  const settings: Record<string, Readonly<Record<string, unknown>>> = {}
  for (const [plugin, block] of Object.entries(value)) {
    if (!isBlock(block)) throw unreadable()
    settings[plugin] = block
  }
  return settings
}

function unreadable(): GatewayError {
  return new GatewayError(
    'TACIT_SETTINGS_INVALID',
    'These are no settings by plugin.',
    `Write them as JSON: {"rate-limit":{…}}.`
  )
}
