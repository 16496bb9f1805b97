import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { renderData } from '../../../core/cli/check.ts'
import { main } from '../../../core/cli/main.ts'
import { PLAIN } from '../../../core/paint.ts'
import { TestTerminal } from '../../support/terminal.ts'

const SOUND = `version: 1
upstreams: [ { id: one, peers: [ { id: a, url: '\${ORIGIN}' } ] } ]
routes: [ { id: all, match: { path: /* }, upstream: one } ]
`
const environment = { ORIGIN: 'http://127.0.0.1:9' }

t.test('says that a configuration is in order', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, SOUND)
  const terminal = new TestTerminal('', environment)
  t.equal(await main(['check', file], terminal), 0)
  t.strictSame([terminal.printed, terminal.complained], [`${file} is in order.\n`, ''])
})

t.test('reports what is wrong, with the line and the cure, and exits with 1', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, SOUND.replace('upstream: one }', 'upstream: onee }'))
  const terminal = new TestTerminal('', environment)
  t.equal(await main(['check', file], terminal), 1)
  t.equal(terminal.printed, '')
  t.match(terminal.complained, `${file}:3:53  TACIT_`)
  t.match(terminal.complained, 'Did you mean "one"?')
})

t.test('reports what shows only when a plugin is set up, which starts nothing', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, SOUND.replace('id: one,', 'id: one, balancer: { use: access-log },'))
  const terminal = new TestTerminal('', environment)
  t.equal(await main(['check', file], terminal), 1)
  t.equal(terminal.printed, '')
  t.match(terminal.complained, 'TACIT_PLUGIN_PHASES')
})

t.test('prints problems and warnings as JSON', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, SOUND.replace('upstream: one }', 'upstream: onee }'))
  const terminal = new TestTerminal('', environment)
  t.equal(await main(['check', file, '--json'], terminal), 1)
  t.match(JSON.parse(terminal.printed), { problems: [{ severity: 'error', line: 3, column: 53 }] })
  t.equal(terminal.complained, '')

  const unused = SOUND.replace(' } ] } ]', " } ] }, { id: two, peers: [ { id: a, url: 'http://127.0.0.1:9' } ] } ]")
  await writeFile(file, unused)
  const warned = new TestTerminal('', environment)
  t.equal(await main(['check', file, '--json'], warned), 0)
  t.match(JSON.parse(warned.printed), { problems: [{ severity: 'warning' }] })
})

t.test('says that a file cannot be read', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['check', join(t.testdir(), 'none.yaml')], terminal), 1)
  t.match(terminal.complained, /TACIT_FILE_UNREADABLE\n.*none\.yaml" could not be read \(ENOENT\)\. Check the path/)
})

t.test('says who reads, sends and keeps what', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, SOUND.replace('upstream: one }', 'upstream: one, plugins: [ { use: access-log } ] }'))
  const terminal = new TestTerminal('', environment)
  t.equal(await main(['check', file, '--data'], terminal), 0)
  t.match(terminal.printed, /^one +all +127\.0\.0\.1:9$/m)
  t.match(terminal.printed, /^access-log +route all +metadata, identity +nothing +log: access \(method, status/m)
  const json = new TestTerminal('', environment)
  await main(['check', file, '--data', '--json'], json)
  t.match(JSON.parse(json.printed), {
    problems: [],
    destinations: [{ upstream: 'one' }],
    uses: [{ plugin: 'access-log' }, {}]
  })
})

t.test('names the rows that plugins keep once, with what stays readable', async t => {
  const rows = { kind: 'seen', class: 'audit', purpose: 'Why.', fields: ['a', 'b'], clear: ['b'], subject: undefined }
  const use = {
    plugin: 'keeper',
    where: 'every route',
    reads: [],
    egress: [{ to: 'x', what: 'content' }],
    keeps: [rows],
    logs: []
  } as const
  const printed = renderData({ destinations: [], uses: [use, { ...use, where: 'route one' }] }, PLAIN)
  t.equal(printed.match(/keeper: seen +audit +nobody +a, b \(readable\) +Why\./g)?.length, 1)
  t.match(printed, /keeper +every route +nothing +content to x +rows: seen/)
})
