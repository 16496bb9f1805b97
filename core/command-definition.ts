/** Judges the `commands` of a plugin's definition. Pure. */
import { KindGuard } from '@sinclair/typebox'

const NAME = /^(?=.{1,64}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?: [a-z][a-z0-9]*(?:-[a-z0-9]+)*)?$/
const OPTION = /^[a-z][A-Za-z0-9]*$/

/** What is wrong with a list of commands, in a clause that follows the field's name; undefined when nothing is. */
export function commandsFault(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list'
  const names = new Set<string>()
  for (const command of value) {
    const fault = commandFault(command, names)
    if (fault !== undefined) return fault
  }
  return undefined
}

function commandFault(command: unknown, names: Set<string>): string | undefined {
  if (typeof command !== 'object' || command === null) return 'must list objects'
  const name: unknown = Reflect.get(command, 'name')
  const summary: unknown = Reflect.get(command, 'summary')
  const options: unknown = Reflect.get(command, 'options')
  if (typeof name !== 'string' || !NAME.test(name))
    return 'must name each command in one or two lower-case words, whose parts are joined by hyphens'
  if (names.has(name)) return `names \`${name}\` twice`
  names.add(name)
  if (typeof summary !== 'string' || summary.trim() === '' || /[\r\n]/.test(summary)) {
    return `must say in one sentence what \`${name}\` does`
  }
  if (!KindGuard.IsObject(options)) return `must describe the options of \`${name}\` with a \`Type.Object\``
  for (const [option, schema] of Object.entries(options.properties)) {
    if (!OPTION.test(option)) return `must name the options of \`${name}\` in camelCase`
    if (['help', 'config', 'json', 'admin'].includes(option))
      return `takes \`${option}\` for an option of \`${name}\`, which every command has`
    if (KindGuard.IsObject(schema) || KindGuard.IsRecord(schema) || KindGuard.IsUnion(schema)) {
      return `must take a single value, or a list of them, for \`${option}\` of \`${name}\``
    }
  }
  const behind: unknown = Reflect.get(command, 'arguments') ?? []
  const properties: unknown = options.properties
  const isKnown = (option: unknown) => typeof option === 'string' && Object.hasOwn(Object(properties), option)
  if (!Array.isArray(behind) || !behind.every(isKnown)) {
    return `must list options of \`${name}\` as its \`arguments\``
  }
  return typeof Reflect.get(command, 'run') === 'function' ? undefined : `must have a function \`run\` for \`${name}\``
}
