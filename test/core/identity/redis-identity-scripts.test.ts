import t from 'tap'
import { FIND, LIST, WRITE } from '../../../core/identity/redis-identity-scripts.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { consumerRow, credentialRow, deleting, groupRow, putting } from './support.ts'

const PREFIX = 'p:{identities}:v1'

t.test('touch no key but those with the hash tag, and leave none behind', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const run = ({ source }: { readonly source: string }, ...args: readonly (string | number)[]) =>
    server.command('eval', source, 1, PREFIX, ...args)
  const write = (...mutations: readonly object[]) => run(WRITE, JSON.stringify(mutations), 'word')
  const key = credentialRow('k', 'team', 'secret')
  t.equal(await write(putting('group', groupRow('g'))), 'ok')
  t.equal(await write(putting('consumer', consumerRow('team', { group: 'g' }))), 'ok')
  t.equal(await write(putting('credential', key)), 'ok')
  t.equal(await write(putting('credential', { ...key, revision: 2, blocked: true })), 'ok')
  const found = await run(FIND, 'key-auth', key.digest)
  t.match(found, [JSON.stringify({ ...key, revision: 2, blocked: true }), /"team"/, /"g"/])
  t.match(await run(LIST, 'credential', '', 10, 'team'), [/"k"/])
  const keys = async () => {
    const all = await server.command('keys', '*')
    return Array.isArray(all) ? all.map(String).sort() : []
  }
  t.ok((await keys()).every(name => name.startsWith(`${PREFIX}:`)))
  t.equal(await write(deleting('consumer', 'team'), deleting('group', 'g')), 'group_in_use')
  t.equal(await write(deleting('consumer', 'team')), 'ok')
  t.equal(await write(deleting('group', 'g')), 'ok')
  t.strictSame(await keys(), [`${PREFIX}:changes`, `${PREFIX}:version`], 'but the account of changes')
  t.strictSame(await server.command('hmget', `${PREFIX}:version`, 'epoch', 'count'), ['word', '7'])
  const changes = await server.command('xrange', `${PREFIX}:changes`, '-', '+')
  t.match(changes, [
    ['1-0', ['change', 'group g']],
    ['2-0', ['change', 'consumer team']],
    ['3-0', ['change', `credential key-auth ${key.digest}`]],
    ['4-0'],
    ['5-0'],
    ['6-0', ['change', 'consumer team']],
    ['7-0', ['change', 'group g']]
  ])
})
