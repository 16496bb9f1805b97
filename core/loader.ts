/**
 * Finds, imports and judges plugins by what stands after `use:`. Must not know
 * which plugins exist: a name is a folder. What becomes of a definition then is
 * `instances.ts`.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { PluginProblem, PluginResolver } from './configuration/load.ts'
import { assertDefinition, PLUGIN_NAME } from './definition.ts'
import { GatewayError } from './errors.ts'
import { nearest } from './nearest.ts'
import type { PluginDefinition } from './plugin.ts'
import { type Alarm, LATE, LIFECYCLE_LIMIT_MS, systemAlarm, within } from './within.ts'

/** Built-in plugins stand beside `core/`, in the sources and in the published build alike. */
const BUILT_IN = new URL('../plugins/', import.meta.url)

const INDEX_FILES = ['index.ts', 'index.js']
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/[\w.~-]+)*$/

/**
 * Finds plugins by what operators write after `use:`. Code is loaded once per
 * process: the same file is the same definition, however often it is asked for.
 */
export class PluginLoader implements PluginResolver {
  readonly #folder: string
  readonly #alarm: Alarm

  constructor(options: { readonly folder?: URL; readonly alarm?: Alarm } = {}) {
    this.#folder = fileURLToPath(options.folder ?? BUILT_IN)
    this.#alarm = options.alarm ?? systemAlarm
  }

  /** Names of the built-in plugins, sorted: the folders that hold an `index` file. */
  names(): readonly string[] {
    if (!existsSync(this.#folder)) return []
    return readdirSync(this.#folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && PLUGIN_NAME.test(entry.name) && this.#index(entry.name) !== undefined)
      .map(entry => entry.name)
      .sort()
  }

  /**
   * Loads what `use` names: a built-in (`key-auth`), a file (`./plugins/mine.ts`) or a package (`npm:acme-plugin`).
   * @param directory folder of the configuration file, which files and packages are looked for from.
   * @returns a sound definition, or why there is none.
   */
  async find(use: string, directory: string): Promise<PluginDefinition | PluginProblem> {
    try {
      const module = await this.#import(use, this.#locate(use, resolve(directory)))
      const definition: unknown = Reflect.get(module, 'default')
      if (definition === undefined) {
        throw new GatewayError(
          'TACIT_PLUGIN_NO_DEFAULT',
          `"${use}" has no default export.`,
          'Write `export default definePlugin({ … })`.'
        )
      }
      assertDefinition(definition, use)
      if (PLUGIN_NAME.test(use) && definition.name !== use) {
        throw new GatewayError(
          'TACIT_PLUGIN_NAME',
          `The plugin in the folder "${use}" calls itself "${definition.name}".`,
          'Give both the same name.'
        )
      }
      return definition
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const { code, message, cure } = error
      return { code, message, cure }
    }
  }

  #index(name: string): string | undefined {
    return INDEX_FILES.map(file => resolve(this.#folder, name, file)).find(file => existsSync(file))
  }

  #locate(use: string, directory: string): URL {
    if (use.startsWith('./') || use.startsWith('../')) return locateFile(use, directory)
    if (use.startsWith('npm:')) return locatePackage(use, directory)
    if (!PLUGIN_NAME.test(use)) {
      throw new GatewayError(
        'TACIT_PLUGIN_USE',
        `"${use}" names no plugin.`,
        'Write the name of a built-in such as `key-auth`, a file such as `./mine.ts`, or a package such as `npm:acme-plugin`.'
      )
    }
    const file = this.#index(use)
    if (file === undefined) {
      const names = this.names()
      const close = nearest(use, names)
      throw new GatewayError(
        'TACIT_PLUGIN_UNKNOWN',
        `No plugin is called "${use}".`,
        close === undefined ? `There are: ${names.join(', ')}.` : `Did you mean "${close}"?`
      )
    }
    return pathToFileURL(file)
  }

  async #import(use: string, url: URL): Promise<object> {
    const importing: Promise<object> = import(url.href)
    const module = await within(importing, this.#alarm).catch((error: unknown) => {
      throw new GatewayError(
        'TACIT_PLUGIN_IMPORT_FAILED',
        `"${use}" cannot be imported: ${importFault(error)}`,
        importCure(error)
      )
    })
    if (module !== LATE) return module
    throw new GatewayError(
      'TACIT_PLUGIN_IMPORT_FAILED',
      `"${use}" was still being imported after ${LIFECYCLE_LIMIT_MS / 1000} seconds.`,
      'Do in `setup` what it waits for at the top level of the module.'
    )
  }
}

function locateFile(use: string, directory: string): URL {
  const file = resolve(directory, use)
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return pathToFileURL(file)
  throw new GatewayError(
    'TACIT_PLUGIN_NOT_FOUND',
    `There is no file "${use}".`,
    `It is looked for from the folder of the configuration file: ${file}.`
  )
}

/** As an `import` in a module beside the configuration file would find it, `exports` and its conditions included. */
function locatePackage(use: string, directory: string): URL {
  const specifier = use.slice('npm:'.length)
  let url: string
  try {
    if (!PACKAGE.test(specifier)) throw new TypeError('not the name of a package')
    const parentURL = pathToFileURL(directory + sep).href
    // `import.meta.resolve` takes no other parent than this module; the hook gives it one, for this one call.
    const hooks = registerHooks({ resolve: (wanted, context, next) => next(wanted, { ...context, parentURL }) })
    try {
      url = import.meta.resolve(specifier)
    } finally {
      hooks.deregister()
    }
    // No file: `npm:fs` is found inside Node itself, and a package may name what it does not ship.
    if (!existsSync(new URL(url))) throw new TypeError('not a file of a package')
  } catch {
    throw new GatewayError(
      'TACIT_PLUGIN_NOT_FOUND',
      `There is no package "${specifier}" to be found from ${directory}.`,
      `Install it there with \`npm install ${specifier}\`, and check that it exports what is named.`
    )
  }
  return new URL(url)
}

/** What an import failed of. Plugin code has seen no configuration and no request yet, so its words are safe to repeat. */
function importFault(error: unknown): string {
  if (isTypeScriptInPackage(error)) return 'it is TypeScript inside node_modules, which Node does not run.'
  if (!(error instanceof Error)) return 'it threw something that is no Error.'
  const [sentence] = `${error.name}: ${error.message}`.split('\n', 1)
  return `${sentence}`
}

function importCure(error: unknown): string {
  if (isTypeScriptInPackage(error)) return 'Ask for a release of the package that is built to JavaScript.'
  return 'Import the file with `node` by itself to see the whole of it.'
}

function isTypeScriptInPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'
}
