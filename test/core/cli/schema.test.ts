import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { editorSchema } from '../../../core/configuration/editor-schema.ts'
import { reference } from '../../../core/configuration/reference.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { knownPlugins } from '../configuration/support.ts'

const PLUGIN = `import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: 'mine',
  summary: 'Does what is wanted.',
  config: Type.Object({ size: Type.Integer({ description: 'How large.' }) }),
  data: { reads: ['metadata'] },
  setup: () => ({})
})
`

/** What `tacit schema` prints, and what it ends with. */
async function run(...args: readonly string[]) {
  const terminal = new TestTerminal()
  const code = await main(['schema', ...args], terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}

t.test('prints the schema of a file with every built-in plugin', async t => {
  const { code, printed, complained } = await run()
  t.strictSame([code, complained], [0, ''])
  t.strictSame(JSON.parse(printed), JSON.parse(JSON.stringify(editorSchema(await knownPlugins(new PluginLoader())))))
  t.ok(printed.endsWith('}\n'))
})

t.test('prints the schema of a part, in which nothing is missing', async t => {
  const { code, printed } = await run('--part')
  t.equal(code, 0)
  t.equal(JSON.parse(printed).required, undefined)
  t.strictSame(
    JSON.parse(printed),
    JSON.parse(JSON.stringify(editorSchema(await knownPlugins(new PluginLoader()), 'part')))
  )
})

t.test('prints the reference', async t => {
  const printed = reference(await knownPlugins(new PluginLoader()))
  t.strictSame(await run('--reference'), { code: 0, printed, complained: '' })
})

t.test('knows plugins that are no built-ins, from the folder it runs in', async t => {
  const file = join(t.testdir(), 'mine.ts')
  await writeFile(file, PLUGIN)
  const use = `./${relative(process.cwd(), file)}`
  const { code, printed } = await run('--plugin', use, 'key-auth')
  t.equal(code, 0)
  const { use: names } = JSON.parse(printed).definitions.plugin.properties
  t.strictSame(names.anyOf[0].enum, [...new PluginLoader().names(), use])
  const page = await run('--plugin', use, '--reference')
  t.match(page.printed, `### \`${use}\`\n\nDoes what is wanted.\n\n**\`config\` of its use**`)
})

t.test('says which plugin cannot be used, and prints nothing', async t => {
  const { code, printed, complained } = await run('--plugin', './gone.ts')
  t.strictSame([code, printed], [1, ''])
  t.match(complained, 'TACIT_PLUGIN_NOT_FOUND\n  There is no file "./gone.ts". It is looked for from')
})
