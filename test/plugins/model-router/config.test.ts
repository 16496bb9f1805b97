import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import modelRouter from '../../../plugins/model-router/index.ts'

const set = (config: Record<string, unknown>) => drive(modelRouter, config, { upstreams: ['a'] })
const target = (more: Record<string, unknown> = {}) => ({
  models: [{ name: 'm', targets: [{ upstream: 'a', ...more }] }]
})

t.test('takes one word where a list may stand, and statuses as numbers', async t => {
  await set({
    ...target({ on: 503, lacks: 'images', when: { needs: ['tools'], groups: 'free' } }),
    aliases: { fast: 'm' },
    allow: 'm*'
  })
  await set(target({ on: ['connect_failed', 429] }))
  t.pass('all of it is set up')
})

t.test('refuses what leads nowhere, or is no name', async t => {
  for (const config of [
    { models: [{ name: 'm', targets: [] }] },
    { models: [{ name: 'a b', targets: [{ upstream: 'a' }] }] },
    { models: [{ name: 'a*b', targets: [{ upstream: 'a' }] }] },
    target({ weight: 0 }),
    target({ on: 200 }),
    target({ lacks: 'sense' }),
    target({ when: { label: 'x' } }),
    { paths: 'mine' },
    { allow: 'a*b' }
  ]) {
    await t.rejects(set(config), { code: /TACIT/ }, JSON.stringify(config))
  }
})
