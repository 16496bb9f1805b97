/** Tests of the request filter, without a gateway. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { contract, drive } from 'tacit-gateway/testing'
import modelAllowlist from './model-allowlist.ts'

const CONFIG = { models: ['small'] }

test('lets through what is on the list, and refuses the rest', async () => {
  const driven = await drive(modelAllowlist, CONFIG)
  const reasonFor = async (body: string) => (await driven.exchange({ body }).run()).refused?.reason
  equal(await reasonFor('{"model":"small"}'), undefined)
  equal(await reasonFor('{"model":"large"}'), 'model_not_allowed')
  equal(await reasonFor('{}'), 'model_not_allowed')
  deepEqual(driven.waited, [], 'no request is made to wait')
})

test('keeps the contract', async () => {
  const { findings } = await contract(modelAllowlist, CONFIG)
  deepEqual(findings, [])
})
