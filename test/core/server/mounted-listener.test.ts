import type { ServerResponse } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import { mountListener } from '../../../core/server/mounted-listener.ts'
import { send } from '../../support/client.ts'

function application(t: { teardown(work: () => unknown): void }) {
  const app = Fastify()
  t.teardown(() => app.close())
  return app
}

t.test('hands over what lies below the prefix, and stops when the last answer is there', async t => {
  const app = application(t)
  const held = Promise.withResolvers<ServerResponse>()
  const listener = await mountListener(app, '/llm', { accept: (_request, response) => held.resolve(response) })
  t.equal(listener.url, '/llm')
  app.get('/own', async () => 'own')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await send({ url: `${url}/own` })).body.toString(), 'own')
  await listener.stop()
  const sent = send({ url: `${url}/llm/x` })
  const response = await held.promise
  t.equal(await listener.connections(), 1)
  let isStopped = false
  const stopping = listener.stop().then(() => {
    isStopped = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isStopped)
  response.end('late')
  t.equal((await sent).body.toString(), 'late')
  await stopping
  t.equal(await listener.connections(), 0)
})

t.test('breaks off what does not end', async t => {
  const app = application(t)
  const taken = Promise.withResolvers<void>()
  const listener = await mountListener(app, '', { accept: () => taken.resolve() })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const sent = send({ url: `${url}/x` })
  sent.catch(() => {})
  await taken.promise
  listener.destroy()
  await t.rejects(sent)
  await listener.stop()
})

t.test('refuses what is no prefix, and an application that listens already', async t => {
  const app = application(t)
  const options = { accept: () => {} }
  for (const prefix of ['llm', '/', '/a/', '/a*', '/a b']) {
    await t.rejects(mountListener(app, prefix, options), { code: 'TACIT_MOUNT_FAILED' }, prefix)
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  await t.rejects(mountListener(app, '/llm', options), { code: 'TACIT_MOUNT_FAILED' })
})
