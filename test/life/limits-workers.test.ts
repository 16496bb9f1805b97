/** The promise of limits, by worker processes that lease from their parent: none is exceeded, whichever of them is killed. */
import t from 'tap'
import type { Claim } from '../../core/plugin.ts'
import { type Outcome, startCountingGateway } from '../support/counting-gateways.ts'
import { isFull } from '../support/full.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream } from '../support/upstream.ts'

// What the test runner puts into its children is not for those of the gateway.
delete process.env.NODE_OPTIONS
t.setTimeout(900_000)
const TIMEOUT = { timeout: 900_000 }
const WORKERS = 3
const KILLS = isFull ? 30 : 2
const CALLERS = 9

const total = (counter: string, limit: number, part: Partial<Claim> = {}): Claim => ({
  counter,
  algorithm: 'total',
  limit,
  amount: 1,
  ...part
})
const count = (outcomes: readonly Outcome[], outcome: Outcome) => outcomes.filter(each => each === outcome).length

async function start(t: Parameters<typeof startCountingGateway>[0]) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  return startCountingGateway(t, upstream.url, { folder: 'kept' }, { workers: WORKERS })
}

t.test('requests of all processes against one limit: never more, and with leases hardly fewer', TIMEOUT, async t => {
  const gateway = await start(t)
  const exact = total('consumer/a/exact', 200)
  const leased = total('consumer/a/leased', 200, { sync: 'lease' })
  const send = async (claim: Claim) =>
    count(await Promise.all(Array.from({ length: 600 }, () => gateway.send({ claims: [claim], answer: true }))), 200)
  t.equal(await send(exact), 200)
  const admitted = await send(leased)
  // A tenth of the limit for each process but one is the most that may lie unused.
  t.ok(admitted <= 200 && admitted >= 200 - (WORKERS - 1) * 20, `${admitted} of 200`)
  // What lies in a block goes back within a second, and is there for whoever asks then.
  let late = 0
  while (admitted + late < 200) late += count([await gateway.send({ claims: [leased], answer: true })], 200)
  t.equal(await gateway.send({ claims: [leased], answer: true }), 429)
  for (;;) {
    const [reading] = await gateway.read([leased])
    if (reading?.held !== 0) continue
    t.match(reading, { spent: 200, remaining: 0 })
    break
  }
})

t.test(
  `one of ${WORKERS} processes is killed ${KILLS} times, and then all: nothing is over a limit`,
  TIMEOUT,
  async t => {
    const gateway = await start(t)
    const random = seededRandom(5)
    const leased = total('consumer/a/leased', 1_000_000, { sync: 'lease' })
    const tight = total('consumer/a/tight', 150, { sync: 'lease' })
    const charged = total('consumer/a/charged', 1_000_000)
    const back = total('consumer/a/back', 1_000_000, { lost: 'give_back' })
    const slots: Claim = { counter: 'consumer/a/slots', algorithm: 'concurrency', limit: 4, amount: 1 }
    const outcomes = { leased: [] as Outcome[], tight: [] as Outcome[], exact: [] as Outcome[] }
    let isOver = false
    const call = async () => {
      while (!isOver) {
        outcomes.leased.push(await gateway.send({ claims: [leased] }))
        outcomes.tight.push(await gateway.send({ claims: [tight], settle: [1] }))
        outcomes.exact.push(await gateway.send({ claims: [charged, back, slots] }))
      }
    }
    const calling = Array.from({ length: CALLERS }, call)
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = outcomes.exact.length + 10 + Math.floor(random() * 60)
      while (outcomes.exact.length < enough) await new Promise(setImmediate)
      await gateway.crash()
    }
    isOver = true
    await Promise.all(calling)
    t.ok(count(outcomes.tight, 200) <= 150)
    const read = async () => {
      for (;;) {
        try {
          return await gateway.read([leased, tight, charged, back, slots])
        } catch {
          // Whoever was asked was the one that ended.
        }
      }
    }
    let readings = await read()
    while (readings.some(({ held }) => held > 0)) readings = await read()
    const spent = readings.map(reading => reading.spent)
    const check = (
      [ofLeased = 0, ofTight = 0, ofCharged = 0, ofBack = 0, inUse = 0]: readonly number[],
      ends: number
    ) => {
      const [served, failed] = [count(outcomes.leased, 200), count(outcomes.leased, 'failed')]
      t.ok(ofLeased >= served, `${ofLeased} for ${served} and ${failed} cut: what was in blocks of the dead is spent`)
      t.ok(ofTight <= 150 && ofTight >= count(outcomes.tight, 200), `${ofTight} of 150`)
      const [admitted, cut] = [count(outcomes.exact, 200), count(outcomes.exact, 'failed')]
      t.ok(ofCharged >= admitted && ofCharged <= admitted + cut, `${ofCharged} for ${admitted} and ${cut} cut`)
      // An answer may be out before its process, or the parent, knows what it came to.
      t.ok(ofBack >= admitted - ends * CALLERS && ofBack <= ofCharged, `${ofBack} of ${ofCharged} is not given back`)
      t.equal(inUse, 0, 'every slot is free again')
    }
    check(spent, KILLS)

    // All at once, in the middle of it: the parent with them.
    isOver = false
    const more = Array.from({ length: CALLERS }, call)
    const enough = outcomes.exact.length + 50
    while (outcomes.exact.length < enough) await new Promise(setImmediate)
    await gateway.kill()
    isOver = true
    await Promise.all(more)
    await gateway.restart()
    t.ok(count(outcomes.tight, 200) <= 150)
    check(
      (await read()).map(reading => reading.spent),
      KILLS + 1
    )
  }
)
