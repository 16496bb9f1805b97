import t from 'tap'
import { checkFile, checkUnused } from '../../../core/configuration/checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import type { Written } from '../../../core/configuration/written.ts'

const written = (root: unknown): Written => ({
  root,
  substitutions: new Substitutions(),
  placeOf: path => `line ${path.length}`,
  isWritten: path => path[0] === 'admin'
})
const codes = (root: unknown) => checkFile(written(root)).map(({ code, path }) => [code, path.join('.')])

t.test('has nothing to say about a sound file', async t => {
  t.strictSame(
    codes({
      digestKey: 'x'.repeat(16),
      listen: { port: 0, trustedProxies: ['10.0.0.0/8', '::1'] },
      admin: { port: 0 },
      groups: [{ id: 'gold' }],
      consumers: [{ id: 'a', group: 'gold' }, { id: 'gold' }],
      upstreams: [
        {
          id: 'chat',
          peers: [
            { id: 'eu', url: 'https://a.test', weight: 0 },
            { id: 'us', url: 'https://b.test' }
          ]
        }
      ],
      routes: [{ id: 'chat', upstream: 'chat' }]
    }),
    []
  )
})

t.test('works while anything is missing or has the wrong form', async t => {
  for (const root of [
    undefined,
    null,
    [],
    'x',
    {},
    { routes: 'x', upstreams: [null, { id: 1, peers: {} }], listen: [], digestKey: 5 }
  ]) {
    t.strictSame(codes(root), [], JSON.stringify(root))
  }
})

t.test('tells each entry apart from those of its own list only', async t => {
  const peers = [{ id: 'a', url: 'https://a.test' }]
  t.strictSame(
    codes({
      upstreams: [
        { id: 'a', peers },
        { id: 'b', peers }
      ],
      groups: [{ id: 'a' }],
      consumers: [{ id: 'a' }]
    }),
    []
  )
  t.strictSame(codes({ consumers: [{ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'a' }] }), [
    ['TACIT_ID_TWICE', 'consumers.2.id'],
    ['TACIT_ID_TWICE', 'consumers.3.id']
  ])
})

t.test('points at the admin port where it is written', async t => {
  t.strictSame(codes({ listen: { port: 8080 }, admin: { port: 8080 } }), [['TACIT_PORT_SHARED', 'admin.port']])
})

t.test('takes an upstream for used where any plugin mentions it', async t => {
  const upstreams = [{ id: 'named' }, { id: 'as-value' }, { id: 'as-key' }, { id: 'spare' }]
  const root = {
    upstreams,
    plugins: [{ use: 'x', config: { to: [{ 'as-key': 1 }] } }],
    routes: [{ id: 'r', upstream: 'named', plugins: [{ use: 'y', config: { fallback: ['as-value'] } }] }]
  }
  t.strictSame(
    checkUnused(written(root)).map(({ path, severity }) => [path.join('.'), severity]),
    [['upstreams.3.id', 'warning']]
  )
})
