/**
 * Commands that plugins add to `tacit`: those of the built-in plugins, and of the plugins that the configuration names.
 * Looked for only when a command is asked for that core does not have. Sets no plugin up, and needs no secrets.
 */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { type Command, Option } from 'commander'
import { readSources } from '../configuration/includes.ts'
import { readNamedText } from '../configuration/named-file.ts'
import { isBlock } from '../configuration/path.ts'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import { GatewayError } from '../errors.ts'
import { PluginLoader } from '../loader.ts'
import type { CommandTools, Command as PluginCommand, PluginDefinition } from '../plugin.ts'
import { askAdmin, DEFAULT_ADMIN, TOKEN_HINT } from './admin-client.ts'
import { EXIT, guarded, type Terminal } from './terminal.ts'

const DEFAULT_FILE = 'gateway.yaml'

/**
 * Adds the command that `args` ask for, if some plugin has it.
 * @throws GatewayError `TACIT_COMMAND_TWICE` when two plugins have it; as the loader does for a plugin that cannot be used.
 */
export async function addPluginCommand(
  program: Command,
  args: readonly string[],
  terminal: Terminal,
  done: (code: number) => void
): Promise<void> {
  const [name] = args
  if (name === undefined || name.startsWith('-') || program.commands.some(command => command.name() === name)) return
  if (name === 'help') return
  const found = (await definitions(fileIn(args))).flatMap(definition =>
    (definition.commands ?? [])
      .filter(command => command.name.split(' ', 1)[0] === name)
      .map(command => ({ definition, command }))
  )
  const [first] = found
  if (first === undefined) return
  const second = found.find(({ definition }) => definition !== first.definition)
  if (second !== undefined) {
    const names = `"${first.definition.name}" and "${second.definition.name}"`
    throw new GatewayError(
      'TACIT_COMMAND_TWICE',
      `The plugins ${names} both add the command "${name}".`,
      'Use one of them.'
    )
  }
  const group = found.some(({ command }) => command.name !== name)
    ? program.command(name).description(`commands of the plugin ${first.definition.name}`)
    : undefined
  for (const { definition, command } of found) {
    const isOwn = command.name === name
    const parent =
      isOwn || group === undefined
        ? (group ?? program).command(name)
        : group.command(command.name.slice(name.length + 1))
    add(parent, command, definition, terminal, done)
  }
}

/** The configuration that is named among the arguments, or the one that is there by default. */
function fileIn(args: readonly string[]): string | undefined {
  const at = args.findIndex(arg => arg === '-c' || arg === '--config')
  if (at >= 0) return args[at + 1]
  const joined = args.find(arg => arg.startsWith('--config='))
  if (joined !== undefined) return joined.slice('--config='.length)
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined
}

/** The built-in plugins, and those that a configuration names. */
async function definitions(file: string | undefined): Promise<readonly PluginDefinition[]> {
  const loader = new PluginLoader()
  const builtIn = loader.names().map(use => ({ use, folder: process.cwd() }))
  const own = file === undefined ? [] : await usesIn(file)
  const known = new Set<PluginDefinition>()
  for (const { use, folder } of [...builtIn, ...own]) {
    const found = await loader.find(use, folder)
    if (!('setup' in found)) throw new GatewayError(found.code, found.message, found.cure)
    known.add(found)
  }
  return [...known]
}

async function usesIn(file: string): Promise<readonly { readonly use: string; readonly folder: string }[]> {
  const text = await readNamedText(file)
  const uses = new Set<string>()
  for (const { document } of await readSources(file, text)) collectUses(document.value, uses)
  return [...uses].map(use => ({ use, folder: dirname(file) }))
}

function collectUses(value: unknown, uses: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectUses(item, uses)
  if (!isBlock(value)) return
  if (typeof value.use === 'string' && !value.use.includes('${')) uses.add(value.use)
  for (const item of Object.values(value)) collectUses(item, uses)
}

function add(
  added: Command,
  command: PluginCommand,
  { name: plugin }: PluginDefinition,
  terminal: Terminal,
  done: (code: number) => void
): void {
  const behind = command.arguments ?? []
  added
    .description(command.summary)
    .option('-c, --config <file>', 'the configuration that names the plugin')
    .addHelpText('after', `\nThe plugin ${plugin} adds this command.`)
  if (command.asks === true) {
    added
      .option('--admin <url>', 'the admin listener of the gateway that is asked', DEFAULT_ADMIN)
      .addHelpText('after', `\n${TOKEN_HINT}`)
  }
  const { properties } = command.options
  for (const name of behind) added.argument(`<${name}>`, properties[name]?.description ?? '')
  for (const [name, schema] of Object.entries(properties)) {
    if (behind.includes(name)) continue
    const flag = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    const value = KindGuard.IsBoolean(schema) ? '' : KindGuard.IsArray(schema) ? ' <value...>' : ' <value>'
    added.addOption(new Option(`${flag}${value}`, schema.description ?? ''))
  }
  added.action(async (...parts: readonly unknown[]) => {
    const given: Record<string, unknown> = { ...added.opts() }
    for (const [index, name] of behind.entries()) given[name] = parts[index]
    const wanted = Object.fromEntries(
      Object.entries(properties).flatMap(([name, schema]) =>
        given[name] === undefined ? [] : [[name, typed(schema, given[name])]]
      )
    )
    const { decoded, findings } = validate(command.options, wanted, [], new Substitutions())
    if (decoded === undefined) {
      for (const { message, cure } of findings)
        terminal.error(`error: ${cure === undefined ? message : `${message} ${cure}`}\n`)
      done(EXIT.usage)
      return
    }
    const tools: CommandTools = {
      ask: path => askAdmin({ admin: String(given.admin ?? DEFAULT_ADMIN) }, terminal, path),
      read: file => readNamedText(file)
    }
    done(await guarded(terminal, false, () => run(command, decoded, terminal, tools)))
  })
}

/** Arguments are text; a schema may want a number. */
function typed(schema: TSchema, value: unknown): unknown {
  if (KindGuard.IsArray(schema)) return Array.isArray(value) ? value.map(item => typed(schema.items, item)) : value
  const wantsNumber = KindGuard.IsNumber(schema) || KindGuard.IsInteger(schema)
  return wantsNumber && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
}

/** An `Error` of the author's own is a sentence for the user; any other class is told by its name alone. */
async function run(command: PluginCommand, options: unknown, terminal: Terminal, tools: CommandTools): Promise<number> {
  try {
    const code: unknown = await command.run(options, line => terminal.out(`${line}\n`), tools)
    return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255 ? code : EXIT.refused
  } catch (error) {
    if (error instanceof GatewayError) throw error
    const own = error instanceof Error && error.constructor === Error
    const why = own
      ? error.message
      : `it failed with ${error instanceof Error ? error.constructor.name : 'something that is no Error'}.`
    throw new GatewayError('TACIT_COMMAND_FAILED', `${command.name}: ${why}`)
  }
}
