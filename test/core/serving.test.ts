import t from 'tap'
import { loadConfiguration } from '../../core/configuration/load.ts'
import { PluginLoader } from '../../core/loader.ts'
import { createLogger } from '../../core/log.ts'
import { Serving } from '../../core/serving.ts'

const load = (text: string) => loadConfiguration({ file: 'gateway.yaml', text, environment: {} }, new PluginLoader())

const text = (more = '') => `version: 1
${more}
upstreams: [{ id: chat, peers: [{ id: eu, url: "http://eu.test" }] }]
routes: [{ id: chat, match: { path: /v1/chat }, upstream: chat }]`

/** Something that serves, and the events that it logs. */
async function serving(t: { teardown(work: () => unknown): void }) {
  const logger = createLogger({ level: 'info', write: () => {} })
  const serving = await Serving.open(await load(text()), logger)
  t.teardown(() => serving.close())
  return { serving, logger }
}

t.test('serves by what is committed, and by nothing that is only prepared', async t => {
  const { serving: it, logger } = await serving(t)
  const first = it.snapshot
  const next = await load(text('log: { level: warn }'))
  const discarded = await it.prepare(next)
  await discarded.discard()
  t.equal(it.snapshot, first)
  t.equal(logger.level, 'info')
  const prepared = await it.prepare(next)
  t.equal(it.snapshot, first)
  prepared.commit()
  t.equal(it.snapshot.loaded, next)
  t.equal(logger.level, 'warn')
})

t.test('prepares nothing any more once it stops', async t => {
  const { serving: it } = await serving(t)
  const listener = { stop: async () => {}, destroy: () => t.fail('nobody is left') }
  t.equal(await it.stop(listener, 1_000), 0)
  t.equal(it.isStopping, true)
  await t.rejects(it.prepare(await load(text())), { code: 'TACIT_STOPPING' })
})
