/** Tests of the plugin and its rows, without a gateway and without a disk. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { CONSUMER, type Exchange } from 'tacit-gateway/plugin'
import { contract, drive } from 'tacit-gateway/testing'
import passages from './passages.ts'

const facts = (exchange: Exchange) => exchange.set(CONSUMER, { id: 'demo', group: undefined, labels: {} })

test('keeps a row for a consumer, and none for a stranger', async () => {
  const driven = await drive(passages)
  const known = driven.exchange()
  facts(known.exchange)
  known.logging()
  driven.exchange().logging()
  const rows = driven.recorded.map(({ kind, row: { consumer, route, status } }) => ({ kind, consumer, route, status }))
  deepEqual(rows.length, 1)
  deepEqual([rows[0]?.kind, rows[0]?.consumer], ['passage', 'demo'])
})

test('keeps the contract', async () => {
  const { findings } = await contract(passages, {}, { every: { facts } })
  deepEqual(findings, [])
})
