import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { send } from '../../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { startUpstream } from '../../support/upstream.ts'

t.test('a key is good at a gateway that runs, until it is rotated, blocked or deleted', async t => {
  const folder = t.testdir()
  const file = join(folder, 'gateway.yaml')
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const configuration = {
    version: 1,
    digestKey: 'a digest key of some length',
    stores: { folder: join(folder, 'state') },
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  }
  await writeFile(file, JSON.stringify(configuration))
  const gateway = await startTestGateway(t, configuration)
  const run = async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const code = await main([...args, '--config', file], terminal)
    if (code !== 0) throw new Error(terminal.complained)
    return terminal.printed
  }
  const make = async (...args: readonly string[]) => JSON.parse(await run('key', ...args, '--json'))
  const until = async (status: number, key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    while ((await send({ url: gateway.url, headers })).status !== status);
    t.pass(`it is answered ${status}`)
  }

  await run('consumer', 'create', 'team')
  const main_ = await make('create', 'team', '--id', 'main', '--expires-in', '30d')
  t.match(main_, { id: 'main', consumer: 'team', plugin: 'key-auth', key: /^tacit_[0-9A-Za-z]{43}$/ })
  await until(200, main_.key)
  const next = await make('rotate', 'main', '--grace', '0s')
  await until(401, main_.key)
  await until(200, next.key)
  await run('key', 'block', next.id)
  await until(401, next.key)
  await run('key', 'unblock', next.id)
  await until(200, next.key)
  t.match(await run('key', 'list', 'team'), /^KEY +CONSUMER +PLUGIN +BLOCKED +GOOD UNTIL\nmain +team +key-auth +no +20/)
  await run('key', 'delete', next.id)
  await until(401, next.key)
  const here = await make('create', 'team', '--label', 'owner=ada', '--route', 'route', '--address', '127.0.0.0/8')
  await until(200, here.key)
  const elsewhere = await make('create', 'team', '--address', '192.0.2.0/24')
  await until(403, elsewhere.key)
  await run('key', 'revoke', here.id)
  await until(401, here.key)
  await t.rejects(run('key', 'create', 'team', '--address', '10.0.0.0/99'), { message: /TACIT_IDENTITY_INVALID/ })
  t.match(await run('key', 'create', 'team'), /^id {3}team\/key-auth\/\w+\nkey {2}tacit_\w+\n$/)
  const kept = await readFile(join(folder, 'state', 'identities.sqlite'), 'latin1')
  t.notOk(kept.includes(main_.key) || kept.includes(next.key), 'nothing to log in with is kept')
  t.notMatch(await run('key', 'list', '--json'), /hmac-sha256/)
})

t.test('says what cannot be done', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(
    file,
    JSON.stringify({
      version: 1,
      stores: { folder: 'state' },
      upstreams: [upstreamOf(['http://127.0.0.1:1'])],
      routes: [routeOf()]
    })
  )
  const refusal = async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const code = await main(['key', ...args, '--config', file], terminal)
    return `${code} ${/TACIT_\w+/.exec(terminal.complained)?.[0]}`
  }
  t.equal(await refusal('create', 'team', '--expires-in', 'soon'), '1 TACIT_UNIT_WRONG')
  t.equal(await refusal('create', 'team'), '1 TACIT_DIGEST_KEY_MISSING')
  t.equal(await refusal('rotate', 'none'), '1 TACIT_IDENTITY_MISSING')
})
