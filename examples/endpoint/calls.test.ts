/** Tests of the plugin behind the endpoints, without a gateway. What the endpoints answer, the README shows. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { CONSUMER, type Exchange } from 'tacit-gateway/plugin'
import { contract } from 'tacit-gateway/testing'
import calls from './calls.ts'

test('keeps the contract', async () => {
  const facts = (exchange: Exchange) => exchange.set(CONSUMER, { id: 'demo', group: undefined, labels: {} })
  const { findings } = await contract(calls, {}, { every: { facts } })
  deepEqual(findings, [])
})
