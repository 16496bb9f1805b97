import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { renderChanges } from '../../../core/cli/diff.ts'
import { main } from '../../../core/cli/main.ts'
import { COLOURS, PLAIN } from '../../../core/paint.ts'
import { SOUND } from '../../support/command.ts'
import { TestTerminal } from '../../support/terminal.ts'

type Folder = { testdir(): string }

/** Compares the sound configuration with one in which each first is replaced by each second. */
async function diff(t: Folder, edits: readonly (readonly [string, string])[], ...options: readonly string[]) {
  const folder = t.testdir()
  const [old, next] = [join(folder, 'old.yaml'), join(folder, 'new.yaml')]
  await writeFile(old, SOUND)
  await writeFile(
    next,
    edits.reduce((text, [from, to]) => text.replace(from, to), SOUND)
  )
  const terminal = new TestTerminal()
  const code = await main(['diff', old, next, ...options], terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}

t.test('says what changes, and for whom', async t => {
  const { code, printed } = await diff(t, [
    ['region: eu', 'region: fr'],
    ['path: /v1/*, method: [GET, POST]', 'path: /v1/*, method: GET'],
    ['plugins: [ { use: access-log } ]', 'log: { level: warn }']
  ])
  t.equal(code, 0)
  t.equal(
    printed,
    `~ log  for operators
    level  info → warn

~ upstream one  for whoever calls the route all
    peers.a.region  eu → fr

~ route all  for whoever calls it
    match.method  [GET, POST] → [GET]

~ plugins  for whoever calls the route all
    access-log.sample       100% (no more)
    access-log.exclude      [] (no more)
    access-log.failureMode  deny (no more)
    plugins                 [access-log] → []

requests that get another route
  POST /v1/*: all → nothing is served

4 changes.
`
  )
})

t.test('says so when nothing changes, and ends with 3 on request when something does', async t => {
  t.strictSame(await diff(t, [], '--exit-code'), { code: 0, printed: 'Nothing changes.\n', complained: '' })
  t.equal((await diff(t, [['region: eu', 'region: fr']], '--exit-code')).code, 3)
})

t.test('prints changes and requests as JSON', async t => {
  const { printed } = await diff(t, [['/v1/*', '/v2/*']], '--json')
  t.match(JSON.parse(printed), {
    changes: [
      {
        kind: 'changed',
        subject: 'route',
        id: 'all',
        settings: [{ path: 'match.path', before: '/v1/*', after: '/v2/*' }]
      }
    ],
    requests: [{ path: '/v1/*', before: 'all' }, {}, { path: '/v2/*', after: 'all' }]
  })
})

t.test('reports whichever of the two is wrong', async t => {
  const { code, complained } = await diff(t, [['upstream: one', 'upstream: onee']])
  t.equal(code, 1)
  t.match(complained, /new\.yaml:4:\d+ {2}TACIT_UPSTREAM_UNKNOWN/)
})

t.test('says for whom consumers and groups change, and colours what comes and goes', async t => {
  const change = { routes: [], settings: [], kind: 'removed', subject: 'consumer', id: 'x', consumers: ['x'] } as const
  t.match(renderChanges([change], [], PLAIN), '- consumer x  can call no more\n')
  const group = { ...change, kind: 'changed', subject: 'group', id: 'g', consumers: ['a', 'b'] } as const
  t.match(renderChanges([group], [], PLAIN), '~ group g  for a, b\n')
  t.match(renderChanges([{ ...group, consumers: [] }], [], PLAIN), 'for nobody yet')
  t.match(renderChanges([{ ...change, kind: 'added' }], [], COLOURS), '\x1b[32m+ consumer x')
  const secret = [{ path: 'secret', before: '[secret]', after: '[secret]' }]
  t.match(renderChanges([{ ...group, settings: secret }], [], PLAIN), 'secret  another value')
})
