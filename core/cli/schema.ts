/** `tacit schema`: prints what editors check and complete a configuration with, or the reference made from the same. */
import type { Command } from 'commander'
import { editorSchema, type KnownPlugin } from '../configuration/editor-schema.ts'
import { reference } from '../configuration/reference.ts'
import { casesSchema } from '../dry-run/case-schema.ts'
import { GatewayError } from '../errors.ts'
import { PluginLoader } from '../loader.ts'
import { EXIT, guarded, type Terminal } from './terminal.ts'

interface SchemaOptions {
  readonly plugin: readonly string[]
  readonly reference?: boolean
  readonly part?: boolean
  readonly cases?: boolean
}

/** Adds the command. */
export function addSchema(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('schema')
    .description('print the JSON Schema of a configuration, for editors')
    .option('-p, --plugin <use...>', 'plugins of your own, as they stand after `use:`', [])
    .option('--part', 'for files that others include: nothing is missing from one of those by itself')
    .option('--cases', 'for files of cases, which `tacit test` runs')
    .option('--reference', 'print the reference in Markdown instead, with links as in `config/`')
    .addHelpText('after', '\nPlugins are found from the folder it runs in: run it beside the configuration.')
    .addHelpText('after', '\nExample:\n  tacit schema --plugin ./plugins/mine.ts > gateway.schema.json')
    .action(async (options: SchemaOptions) =>
      done(await guarded(terminal, false, () => printSchema(options, terminal)))
    )
}

async function printSchema(options: SchemaOptions, terminal: Terminal): Promise<number> {
  const asText = (schema: object) => `${JSON.stringify(schema, null, 2)}\n`
  if (options.cases === true) {
    terminal.out(asText(casesSchema()))
    return EXIT.ok
  }
  const plugins = await knownPlugins(options.plugin)
  const kind = options.part === true ? 'part' : 'main'
  terminal.out(options.reference === true ? reference(plugins) : asText(editorSchema(plugins, kind)))
  return EXIT.ok
}

/** The built-in plugins, and others by what stands after `use:` in a file of this folder. */
async function knownPlugins(others: readonly string[]): Promise<readonly KnownPlugin[]> {
  const loader = new PluginLoader()
  const plugins: KnownPlugin[] = []
  for (const use of new Set([...loader.names(), ...others])) {
    const definition = await loader.find(use, process.cwd())
    if (!('setup' in definition)) throw new GatewayError(definition.code, definition.message, definition.cure)
    plugins.push({ use, definition })
  }
  return plugins
}
