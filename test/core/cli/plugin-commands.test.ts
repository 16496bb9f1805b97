import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

/** Inside the package, so that plugins find `tacit-gateway/plugin`; git does not see it. */
const SCRATCH = resolve(import.meta.dirname, '../../../.tap')

const plugin = (
  name: string,
  command: string,
  run: string
) => `import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: '${name}',
  summary: 'Has a command.',
  config: Type.Object({ secret: Type.String() }),
  data: { reads: [] },
  commands: [{
    name: '${command}',
    summary: 'Greets.',
    options: Type.Object({
      times: Type.Integer({ minimum: 1, default: 1, description: 'How often.' }),
      who: Type.Array(Type.String(), { default: ['world'] }),
      isLoud: Type.Optional(Type.Boolean())
    }),
    async run(options, out) { ${run} }
  }],
  setup: () => ({})
})
`

/** Runs a command in reach of a configuration that uses these plugins, and whose secrets are not set. */
async function run(
  t: { teardown(end: () => unknown): unknown },
  plugins: Readonly<Record<string, string>>,
  ...args: readonly string[]
) {
  await mkdir(SCRATCH, { recursive: true })
  const folder = await mkdtemp(join(SCRATCH, 'commands-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(plugins)) await writeFile(join(folder, name), text)
  const uses = Object.keys(plugins).map(name => `  - { use: ./${name}, config: { secret: "\${NOT_SET}" } }`)
  await writeFile(join(folder, 'part.yaml'), `plugins:\n${uses.join('\n')}\n`)
  await writeFile(join(folder, 'gateway.yaml'), 'version: 1\ninclude: part.yaml\n')
  const terminal = new TestTerminal()
  const code = await main([...args, '--config', join(folder, 'gateway.yaml')], terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}

const GREETER = {
  'greeter.ts': plugin(
    'greeter',
    'greet',
    'for (const who of options.who) out(`${who} ${options.times} ${options.isLoud}`); return 7'
  )
}

t.test('runs a command of a plugin with checked options, and ends as it does', async t => {
  t.strictSame(await run(t, GREETER, 'greet', '--times', '2', '--who', 'a', 'b', '--is-loud'), {
    code: 7,
    printed: 'a 2 true\nb 2 true\n',
    complained: ''
  })
  t.match(await run(t, GREETER, 'greet'), { printed: 'world 1 undefined\n' })
})

t.test('describes it in its help', async t => {
  const { code, printed } = await run(t, GREETER, 'greet', '--help')
  t.equal(code, 0)
  for (const words of [
    'Greets.',
    '--times <value>',
    'How often.',
    '--is-loud',
    'The plugin greeter adds this command.'
  ])
    t.match(printed, words)
})

t.test('does not understand options that do not fit', async t => {
  t.match(await run(t, GREETER, 'greet', '--times', '0'), {
    code: 2,
    printed: '',
    complained: /"times" must be .*at least 1|from 1/
  })
  t.match(await run(t, GREETER, 'greet', '--loud'), { code: 2, printed: '' })
})

t.test('tells how it failed: in its own sentence, or by the class of what it threw', async t => {
  const own = { 'a.ts': plugin('a', 'greet', "throw new Error('Nobody is there.')") }
  t.match(await run(t, own, 'greet'), { code: 1, complained: 'TACIT_COMMAND_FAILED\n  greet: Nobody is there.\n' })
  const fault = { 'a.ts': plugin('a', 'greet', "throw new TypeError('what was read')") }
  const { complained } = await run(t, fault, 'greet')
  t.match(complained, 'greet: it failed with TypeError.')
  t.notMatch(complained, 'what was read')
  t.equal((await run(t, { 'a.ts': plugin('a', 'greet', "return 'x'") }, 'greet')).code, 1)
})

t.test('refuses a command that two plugins add, and knows none that nobody adds', async t => {
  const two = { ...GREETER, 'b.ts': plugin('b', 'greet', 'return 0') }
  t.match(await run(t, two, 'greet'), { code: 1, complained: 'TACIT_COMMAND_TWICE' })
  t.match(await run(t, GREETER, 'wave'), { code: 2, complained: "unknown command 'wave'" })
})

const FAMILY = {
  'family.ts': `import { defineCommand, definePlugin, Type } from 'tacit-gateway/plugin'
const read = defineCommand({
  name: 'file read',
  summary: 'Reads a file.',
  options: Type.Object({ path: Type.String({ description: 'which' }), twice: Type.Optional(Type.Boolean()) }),
  arguments: ['path'],
  async run({ path, twice }, out, tools) {
    out(\`\${await tools.read(path)} \${twice}\`)
    return 0
  }
})
const ask = defineCommand({
  name: 'file ask',
  summary: 'Asks.',
  options: Type.Object({}),
  asks: true,
  async run(_options, out, tools) {
    out(JSON.stringify(await tools.ask('/v1/status')))
    return 0
  }
})
export default definePlugin({
  contract: 1,
  name: 'family',
  summary: 'Has two commands.',
  config: Type.Object({ secret: Type.String() }),
  data: { reads: [] },
  commands: [read, ask],
  setup: () => ({})
})
`
}

t.test('commands of two words stand together, with what stands behind them', async t => {
  const folder = t.testdir({ 'said.txt': 'hello' })
  t.match(await run(t, FAMILY, 'file', 'read', join(folder, 'said.txt'), '--twice'), {
    code: 0,
    printed: 'hello true\n'
  })
  t.match(await run(t, FAMILY, 'file', 'read'), { code: 2, complained: /missing required argument 'path'/ })
  t.match(await run(t, FAMILY, 'file', 'read', join(folder, 'none')), { code: 1, complained: /TACIT_FILE_UNREADABLE/ })
  t.match(await run(t, FAMILY, 'file', '--help'), { printed: /read \[options\] <path> +Reads a file\.[\s\S]*ask/ })
})

t.test('a command that asks is told where', async t => {
  const nobody = ['--admin', 'http://127.0.0.1:1']
  t.match(await run(t, FAMILY, 'file', 'ask', ...nobody), { code: 1, complained: /TACIT_ADMIN_UNREACHABLE/ })
  t.match(await run(t, FAMILY, 'file', 'read', 'x', ...nobody), { code: 2, complained: /unknown option/ })
})

t.test("core's own commands go first", async t => {
  const taken = { 'a.ts': plugin('a', 'version', 'return 9') }
  const { code } = await run(t, taken, 'routes')
  t.equal(code, 2, 'which has no such option')
})
