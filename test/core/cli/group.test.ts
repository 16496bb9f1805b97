import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

async function setUp(t: { testdir(): string }) {
  const file = join(t.testdir(), 'gateway.yaml')
  const configuration = {
    version: 1,
    digestKey: 'a digest key of some length',
    stores: { folder: 'state' },
    groups: [{ id: 'of-the-file' }],
    upstreams: [{ id: 'one', peers: [{ id: 'a', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'all', match: { path: '/*' }, upstream: 'one', plugins: [{ use: 'key-auth' }] }]
  }
  await writeFile(file, JSON.stringify(configuration))
  return async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const code = await main([...args, '--config', file], terminal)
    return { code, printed: terminal.printed, complained: terminal.complained }
  }
}

t.test('makes, lists, changes and deletes groups', async t => {
  const run = await setUp(t)
  t.match(await run('group', 'create', 'gold'), { code: 0, printed: 'gold is made.\n' })
  t.match(await run('group', 'set', 'gold', '--settings', '{}'), { code: 0, printed: /are changed/ })
  t.equal((await run('group', 'list')).printed, 'GROUP  SETTINGS FOR\ngold   -\n')
  t.match(JSON.parse((await run('group', 'list', '--json')).printed), [{ id: 'gold', revision: 2 }])
  t.match(await run('group', 'delete', 'gold'), { code: 0, printed: 'gold is deleted.\n' })
  t.match(await run('group', 'list'), { printed: 'There is none in the store.\n' })
})

t.test('says what cannot be done', async t => {
  const run = await setUp(t)
  t.match(await run('group', 'create', 'of-the-file'), { code: 1, complained: /TACIT_IDENTITY_READ_ONLY/ })
  t.match(await run('group', 'delete', 'nobody'), { code: 1, complained: /TACIT_IDENTITY_MISSING/ })
  for (const settings of ['{', '[]', '{"key-auth":7}']) {
    t.match(await run('group', 'create', 'gold', '--settings', settings), {
      code: 1,
      complained: /TACIT_SETTINGS_INVALID/
    })
  }
  t.match(await run('group', 'create', 'gold', '--settings', '{"key-auth":{}}'), {
    complained: /TACIT_SETTINGS_REFUSED/
  })
})
