import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

const DIGEST_KEY = 'a digest key of some length'

async function setUp(t: { testdir(): string }, more: object = { stores: { folder: 'state' } }) {
  const file = join(t.testdir(), 'gateway.yaml')
  const configuration = {
    version: 1,
    digestKey: DIGEST_KEY,
    consumers: [{ id: 'of-the-file' }],
    groups: [{ id: 'gold' }],
    upstreams: [{ id: 'one', peers: [{ id: 'a', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'all', match: { path: '/*' }, upstream: 'one', plugins: [{ use: 'key-auth' }] }],
    ...more
  }
  await writeFile(file, JSON.stringify(configuration))
  return async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const code = await main([...args, '--config', file], terminal)
    return { code, printed: terminal.printed, complained: terminal.complained }
  }
}

t.test('makes, lists, blocks and deletes consumers', async t => {
  const run = await setUp(t)
  t.match(await run('consumer', 'list'), { code: 0, printed: 'There is none in the store.\n' })
  t.match(await run('consumer', 'create', 'team', '--group', 'gold', '--label', 'tier=one', '--label', 'x=a=b'), {
    code: 0,
    printed: 'team is made. `tacit key create team` makes a key for it.\n'
  })
  t.match(await run('consumer', 'create', 'other'), { code: 0 })
  t.match(await run('consumer', 'block', 'team'), { code: 0, printed: 'team is blocked.\n' })
  t.equal(
    (await run('consumer', 'list')).printed,
    [
      'CONSUMER  GROUP  BLOCKED  LABELS',
      'other     -      no       -',
      'team      gold   yes      tier=one x=a=b',
      ''
    ].join('\n')
  )
  t.match(await run('consumer', 'unblock', 'team'), { code: 0, printed: 'team is not blocked any more.\n' })
  t.match(await run('consumer', 'delete', 'team'), { code: 0, printed: /^team is deleted/ })
  const { printed } = await run('consumer', 'list', '--json')
  t.match(JSON.parse(printed), [{ id: 'other', blocked: false, revision: 1 }])
})

t.test('changes what is given of a consumer, and leaves the rest', async t => {
  const run = await setUp(t)
  await run('consumer', 'create', 'team', '--group', 'gold', '--label', 'tier=one')
  const changed = async (...args: readonly string[]) => {
    const { printed } = await run('consumer', 'set', 'team', ...args, '--json')
    const { group, labels, settings }: Readonly<Record<string, unknown>> = JSON.parse(printed)
    return { group, labels, settings }
  }
  t.strictSame(await changed('--label', 'tier=two', '--label', 'floor=3'), {
    group: 'gold',
    labels: { tier: 'two', floor: '3' },
    settings: {}
  })
  const labels = { tier: 'two', floor: '3' }
  t.strictSame(await changed('--no-group'), { group: undefined, labels, settings: {} })
  t.match(await run('consumer', 'set', 'team', '--group', 'gold'), { code: 0, printed: 'team is changed.\n' })
  t.strictSame(await changed('--settings', '{}'), { group: 'gold', labels, settings: {} })
  t.match(await run('consumer', 'set', 'team'), { code: 1, complained: /Nothing is to be different/ })
  t.match(await run('consumer', 'set', 'team', '--group', 'none'), { code: 1, complained: /TACIT_GROUP_UNKNOWN/ })
})

t.test('says what cannot be done, and ends with 1', async t => {
  const run = await setUp(t)
  t.match(await run('consumer', 'create', 'of-the-file'), { code: 1, complained: /TACIT_IDENTITY_READ_ONLY/ })
  t.match(await run('consumer', 'create', 'team', '--group', 'none'), { code: 1, complained: /TACIT_GROUP_UNKNOWN/ })
  t.match(await run('consumer', 'create', 'team', '--label', 'x'), { code: 1, complained: /TACIT_LABEL_INVALID/ })
  t.match(await run('consumer', 'delete', 'team'), { code: 1, complained: /TACIT_IDENTITY_MISSING/ })
  const { code, printed } = await run('consumer', 'block', 'team', '--json')
  t.equal(code, 1)
  t.match(JSON.parse(printed), { error: { code: 'TACIT_IDENTITY_MISSING' } })
  t.match(await (await setUp(t, {}))('consumer', 'list'), { code: 1, complained: /TACIT_IDENTITIES_MISSING/ })
})
