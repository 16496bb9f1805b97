/** What a gateway counts by itself outlives it: after a kill, exactly what clients were served is spent. */
import t from 'tap'
import type { Claim } from '../../core/plugin.ts'
import { type Outcome, startCountingGateway } from '../support/counting-gateways.ts'
import { isFull } from '../support/full.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream } from '../support/upstream.ts'

// Fifty lives take longer than a test usually may.
t.setTimeout(900_000)
const TIMEOUT = { timeout: 900_000 }
const KILLS = isFull ? 50 : 5

const charged: Claim = { counter: 'consumer/a/charged', algorithm: 'total', limit: 1e9, amount: 1 }
const back: Claim = { counter: 'consumer/a/back', algorithm: 'total', limit: 1e9, amount: 1, lost: 'give_back' }
const tight: Claim = { counter: 'consumer/a/tight', algorithm: 'total', limit: 100, amount: 1 }

for (const workers of [1, 2]) {
  t.test(`${workers} process(es), killed at random`, TIMEOUT, async t => {
    const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
    const gateway = await startCountingGateway(t, upstream.url, { folder: './state' }, { workers })
    const random = seededRandom(5)
    const outcomes: Outcome[] = []
    const narrow: Outcome[] = []
    const kills = workers === 1 ? KILLS : Math.ceil(KILLS / 5)
    for (let kill = 0; kill < kills; kill++) {
      let isOver = false
      const enough = outcomes.length + 20 + Math.floor(random() * 80)
      const reached = Promise.withResolvers<void>()
      const call = async () => {
        while (!isOver) {
          // Answered in the turn in which it was held, or by an upstream.
          outcomes.push(await gateway.send({ claims: [charged, back], answer: random() < 0.5 }))
          narrow.push(await gateway.send({ claims: [tight], settle: [1] }))
          if (outcomes.length >= enough) reached.resolve()
        }
      }
      const calling = [call(), call(), call(), call()]
      await reached.promise
      await gateway.kill()
      isOver = true
      await Promise.all(calling)
      await gateway.restart()
      const [all, given, limited] = await gateway.read([charged, back, tight])
      const served = outcomes.filter(each => each === 200).length
      const cut = outcomes.filter(each => each === 'failed').length
      t.ok(
        all !== undefined && all.spent >= served && all.spent <= served + cut,
        `${all?.spent} for ${served} and ${cut} cut`
      )
      t.ok(given !== undefined && given.spent <= served + cut, 'what was cut is given back, or had ended')
      const admitted = narrow.filter(each => each === 200).length
      t.ok(admitted <= 100 && limited !== undefined && limited.spent >= admitted && limited.spent <= 100)
    }
  })
}
