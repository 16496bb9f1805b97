/** `tacit new plugin`: writes a plugin that works, with its test that passes. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { PLUGIN_NAME } from '../definition.ts'
import { GatewayError } from '../errors.ts'
import { PluginLoader } from '../loader.ts'
import { pluginFiles } from './plugin-template.ts'
import { EXIT, guarded, printJson, type Terminal } from './terminal.ts'

interface NewOptions {
  readonly directory: string
  readonly json?: boolean
}

/** Adds the commands. */
export function addNew(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('new')
    .description('begin something of your own')
    .command('plugin')
    .description('write a plugin that works, and its test')
    .argument('<name>', 'lower-case words joined by hyphens, such as model-allowlist')
    .option('--directory <folder>', 'where its folder is made', 'plugins')
    .option('--json', 'print the files as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  tacit new plugin model-allowlist && node --test plugins/model-allowlist/index.test.ts'
    )
    .action(async (name: string, options: NewOptions) =>
      done(await guarded(terminal, options.json, () => writePlugin(name, options, terminal)))
    )
}

async function writePlugin(name: string, { directory, json }: NewOptions, terminal: Terminal): Promise<number> {
  if (!PLUGIN_NAME.test(name)) {
    throw new GatewayError(
      'TACIT_PLUGIN_NAME',
      `"${name}" is no name for a plugin.`,
      'Write lower-case words joined by hyphens, such as model-allowlist.'
    )
  }
  if (new PluginLoader().names().includes(name)) {
    throw new GatewayError(
      'TACIT_PLUGIN_NAME',
      `"${name}" is a built-in plugin.`,
      'Choose another name: credentials and settings could not be told apart.'
    )
  }
  const folder = join(directory, name)
  await mkdir(directory, { recursive: true }).catch(() => cannotWrite(directory))
  await mkdir(folder).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (exists)
      throw new GatewayError('TACIT_FILE_EXISTS', `"${folder}" is there already.`, 'Choose another name, or remove it.')
    cannotWrite(folder)
  })
  const files: string[] = []
  for (const [file, text] of Object.entries(pluginFiles(name))) {
    const path = join(folder, file)
    await writeFile(path, text, { flag: 'wx' }).catch(() => cannotWrite(path))
    files.push(path)
  }
  if (json === true) printJson(terminal, { name, files })
  else terminal.out(nextSteps(folder, files))
  return EXIT.ok
}

function cannotWrite(path: string): never {
  throw new GatewayError(
    'TACIT_FILE_UNWRITABLE',
    `"${path}" could not be written.`,
    'Check the path and its permissions.'
  )
}

function nextSteps(folder: string, files: readonly string[]): string {
  const use = folder.startsWith('/') || folder.startsWith('.') ? folder : `./${folder}`
  return `${files.map(file => `wrote ${file}\n`).join('')}
Test it:   node --test ${folder}/index.test.ts
Use it:    plugins: [{ use: ${use}/index.ts }]
It imports tacit-gateway, which must be installed where it stands: npm install tacit-gateway
`
}
