/** Tests of the plugin and its endpoints, without a gateway. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { CONSUMER, type Exchange } from 'tacit-gateway/plugin'
import { contract, drive } from 'tacit-gateway/testing'
import calls from './calls.ts'

const facts = (exchange: Exchange) => exchange.set(CONSUMER, { id: 'demo', group: undefined, labels: {} })

test('tells a consumer its own calls, and an operator everybody’s', async () => {
  const driven = await drive(calls)
  for (let call = 0; call < 2; call++) {
    const exchange = driven.exchange()
    facts(exchange.exchange)
    exchange.logging()
  }
  driven.exchange().logging()
  deepEqual((await driven.ask('mine', { actor: 'demo' })).body, { consumer: 'demo', calls: 2 })
  deepEqual((await driven.ask('mine', { actor: 'other' })).body, { consumer: 'other', calls: 0 })
  deepEqual((await driven.ask('everybody')).body, { consumers: [{ consumer: 'demo', calls: 2 }] })
  await driven.ask('reset', { params: { consumer: 'demo' } })
  deepEqual((await driven.ask('everybody')).body, { consumers: [] })
})

test('keeps the contract', async () => {
  const { findings } = await contract(calls, {}, { every: { facts } })
  deepEqual(findings, [])
})
