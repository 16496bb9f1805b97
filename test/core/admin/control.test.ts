import t from 'tap'
import { startAdminGateway } from './support.ts'

t.test('every answer of every endpoint without parameters fits its schema', async t => {
  const { ask } = await startAdminGateway(t)
  const [, document] = await ask('/v1/openapi.json')
  const paths: unknown = Reflect.get(Object(document), 'paths')
  const readable = Object.entries(Object(paths)).filter(([path, item]) => 'get' in Object(item) && !path.includes('{'))
  t.ok(readable.length >= 9)
  for (const [path] of readable) t.equal((await ask(path))[0], 200, path)
})
