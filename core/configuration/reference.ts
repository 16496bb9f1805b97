/**
 * Writes the reference of the gateway's file in Markdown: every key with its value, its default and what it means,
 * from the same schemas that a file is checked with. Which plugins there are it must be told. Pure.
 */
import { KindGuard, type TObject, type TSchema } from '@sinclair/typebox'
import { CredentialParts } from './credential-schema.ts'
import type { KnownPlugin } from './editor-schema.ts'
import { isRequired } from './editor-values.ts'
import { partsOf } from './parts.ts'
import { GatewayFile } from './schema.ts'
import { PluginUse } from './schema-parts.ts'
import { unitOf } from './units.ts'
import { defaultInWords, valueInWords } from './values-in-words.ts'

const USE_TITLE = 'A use of a plugin'
const CREDENTIAL_TITLE = 'A credential'
const PLUGINS_TITLE = 'Plugins'

/** A block with a table of its own. */
interface Section {
  readonly title: string
  readonly description: string
  readonly block: TObject
  /** What the paths of the blocks inside begin with. */
  readonly path: string
}

/**
 * The whole page. Its links lead from the folder `config/` of the repository.
 * @param plugins those to describe, in this order.
 */
export function reference(plugins: readonly KnownPlugin[]): string {
  const file: Section = { title: 'The file', description: INTRODUCTION, block: GatewayFile, path: '' }
  const use: Section = { title: USE_TITLE, description: USES, block: PluginUse, path: 'use' }
  const credential: Section = {
    title: CREDENTIAL_TITLE,
    description: CREDENTIALS,
    block: CredentialParts,
    path: 'credentials'
  }
  const page = paragraphs(
    PREFACE,
    values([GatewayFile, CredentialParts, ...plugins.flatMap(({ definition }) => schemasOf(definition))]),
    ...[file, ...sectionsIn(file)].map(section => sectionText(section.path.includes('.') ? '###' : '##', section)),
    sectionText('##', use),
    ...[credential, ...sectionsIn(credential)].map((section, index) => sectionText(index > 0 ? '###' : '##', section)),
    `## ${PLUGINS_TITLE}`,
    plugins.map(({ use }) => `[\`${use}\`](#${anchorOf(use)})`).join(' · '),
    ...plugins.map(pluginText)
  )
  return `${page}\n`
}

function paragraphs(...parts: readonly string[]): string {
  return parts.filter(part => part !== '').join('\n\n')
}

function schemasOf({ config, credential, consumerConfig }: KnownPlugin['definition']): readonly TObject[] {
  return [config, credential, consumerConfig].filter(schema => schema !== undefined)
}

/** The blocks inside a block, each followed by those inside it. */
function sectionsIn({ block, path }: Pick<Section, 'block' | 'path'>, prefix = ''): readonly Section[] {
  return Object.entries(block.properties).flatMap(([key, property]) => {
    const inner = blockIn(property)
    if (inner === undefined) return []
    const innerPath = pathOf(path, key, property)
    const description: unknown = property.description ?? inner.description
    const section = { title: titleOf(innerPath, prefix), description: String(description ?? ''), block: inner }
    return [{ ...section, path: innerPath }, ...sectionsIn({ block: inner, path: innerPath }, prefix)]
  })
}

/** The block that a key holds, or a list of which it holds, unless it is described elsewhere. */
function blockIn(property: TSchema): TObject | undefined {
  const inner: TSchema = KindGuard.IsArray(property) ? property.items : property
  const isDescribed =
    KindGuard.IsObject(inner) && inner.plugin === undefined && Object.keys(inner.properties).length > 0
  return isDescribed ? inner : undefined
}

function pathOf(path: string, key: string, property: TSchema): string {
  return `${path === '' ? '' : `${path}.`}${key}${KindGuard.IsArray(property) ? '[]' : ''}`
}

function titleOf(path: string, prefix: string): string {
  return `${prefix}\`${path}\``
}

function sectionText(level: string, { title, description, block, path }: Section, prefix = ''): string {
  return paragraphs(`${level} ${title}`, description, table(block, path, prefix))
}

function table(block: TObject, path: string, prefix: string): string {
  const rows = Object.entries(block.properties).map(([key, property]) => row(key, property, path, prefix))
  return ['| key | value | default | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function row(key: string, property: TSchema, path: string, prefix: string): string {
  const isBlock = blockIn(property) !== undefined
  const anchor = anchorOf(isBlock ? titleOf(pathOf(path, key, property), prefix) : '')
  const value = valueInWords(property)
    .replace('a block of keys', isBlock ? `[a block of keys](#${anchor})` : 'a block of keys')
    .replace('a use of a plugin', `[a use of a plugin](#${anchorOf(USE_TITLE)})`)
    .replace('each plugin', `each [plugin](#${anchorOf(PLUGINS_TITLE)})`)
  const defaults = isRequired(property) ? '**required**' : (defaultInWords(property) ?? '')
  const cells = [`\`${key}\``, value, defaults, String(property.description ?? '')]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Headings as links name them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}

function pluginText({ use, definition }: KnownPlugin): string {
  const { name, summary, guard, config, credential, consumerConfig } = definition
  const parts = [
    { path: 'config', title: '`config` of its use', block: config },
    {
      path: 'credentials',
      title: '`credentials` of a consumer: a block, or a list of them',
      block: credential
    },
    { path: 'settings', title: '`settings` of a group, a consumer or a credential', block: consumerConfig }
  ]
  const about = [
    summary,
    ...(guard === true ? ['It guards something, so `failureMode: allow` is refused.'] : []),
    ...(use === name ? [`[More about it](../plugins/${name}/README.md).`] : [])
  ].join(' ')
  return paragraphs(`### \`${use}\``, about, ...parts.flatMap(part => partText(`\`${use}\`: `, part)))
}

function partText(
  prefix: string,
  { path, title, block }: { readonly path: string; readonly title: string; readonly block: TObject | undefined }
): readonly string[] {
  if (block === undefined) return []
  if (Object.keys(block.properties).length === 0) return ['Nothing can be set.']
  const inner = sectionsIn({ block, path }, prefix)
  return [`**${title}**`, table(block, path, prefix), ...inner.map(section => sectionText('####', section, prefix))]
}

/** How the kinds of values are written that occur in some schemas. */
function values(schemas: readonly TSchema[]): string {
  const cures = new Map<string, string>()
  const visit = (schema: TSchema): void => {
    const unit = unitOf(schema)
    if (unit?.cure !== undefined) cures.set(unit.noun, unit.cure)
    for (const part of partsOf(schema)) visit(part)
  }
  for (const schema of schemas) visit(schema)
  const rows = [...cures].sort().map(([noun, cure]) => `| ${noun} | ${cure} |`)
  return ['## Values\n', '| value | how it is written |', '| --- | --- |', ...rows, VALUES].join('\n')
}

const PREFACE = `<!-- Made by \`npm run schema\` from the schemas that a file is checked with. Change those, not this page. -->

# Configuration

Everything that the gateway's file can say. [gateway.yaml](gateway.yaml) is an example to begin with, and \`tacit check\`
says what is wrong with a file, with line, cause and cure.

Editors with a YAML language server check, complete and explain the file while it is written, by the JSON Schema in
[gateway.schema.json](gateway.schema.json). This line at the top of a file leads them to it:

\`\`\`yaml
# yaml-language-server: $schema=./gateway.schema.json
\`\`\`

\`tacit schema > gateway.schema.json\` writes it for the version that is installed, and with
\`--plugin ./plugins/mine.ts\` it knows a plugin of your own too. It looks at each value by itself: what must fit
together, such as the name of an upstream, only \`tacit check\` can tell.`

const VALUES = `
\`\${NAME}\` stands for a variable of the environment, \`\${NAME:-word}\` for one that may be missing, and \`\${file:path}\` for
the content of a file, whose path begins at the folder of the configuration. They may stand in any text, and for a whole
number, \`true\` or \`false\`. Inside \`{ }\` and \`[ ]\` they need quotes. \`$\${\` is a \`\${\` that stands for itself.

Where it says "or a list of them", a single value needs no brackets.`

const INTRODUCTION = 'What stands at the top. Whatever is not required may be left out, whole blocks too.'

const USES =
  'What stands in each list of `plugins`, and in `balancer`. What `config` takes is said [below](#plugins), plugin by plugin.'

const CREDENTIALS =
  'What every credential of a consumer may have, besides what [its plugin](#plugins) says of it. All of it may be left out.'
