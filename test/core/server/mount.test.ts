import { METHODS } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import { mount } from '../../../core/server/mount.ts'
import { send } from '../../support/client.ts'

async function application(t: { teardown(work: () => unknown): void }, prefix?: string) {
  const app = Fastify()
  t.teardown(() => app.close())
  const seen: string[] = []
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send('own error'))
  app.post('/own', async request => ({ parsed: request.body }))
  app.get('/fails', async () => {
    throw new Error('own')
  })
  await app.register(mount, {
    accept: (request, response) => {
      seen.push(`${request.method} ${request.url}`)
      response.end('taken')
    },
    ...(prefix === undefined ? {} : { prefix })
  })
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), seen }
}

t.test('takes every request below its prefix, and leaves the rest of the application alone', async t => {
  const { url, seen } = await application(t, '/llm')
  const json = { 'content-type': 'application/json' }
  t.equal(
    (await send({ url: `${url}/llm/v1/x?y`, method: 'POST', headers: json, body: '{not json' })).body.toString(),
    'taken'
  )
  t.strictSame(seen, ['POST /llm/v1/x?y'])
  const own = await send({ url: `${url}/own`, method: 'POST', headers: json, body: '{"a":1}' })
  t.strictSame(JSON.parse(own.body.toString()), { parsed: { a: 1 } }, 'its own parsers still parse')
  t.equal((await send({ url: `${url}/own`, method: 'POST', headers: json, body: '{not json' })).status, 418)
  t.equal((await send({ url: `${url}/fails` })).body.toString(), 'own error')
  t.equal((await send({ url: `${url}/unknown` })).status, 404)
  t.equal(seen.length, 1)
})

t.test('takes every method that Node knows, with and without a content type', async t => {
  const { url, seen } = await application(t)
  for (const method of METHODS.filter(method => method !== 'CONNECT')) {
    for (const headers of [{}, { 'content-type': 'nonsense' }]) {
      const { status } = await send({ url: `${url}/x`, method, headers })
      t.equal(status, 200, method)
      t.equal(seen.at(-1), `${method} /x`)
    }
  }
})
