import t from 'tap'
import { attempt, requestsIn } from '../support/attacks.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { dice, mutated } from '../support/mutations.ts'
import { Recorder } from '../support/recorder.ts'

const SEED = 20_260_101
const RUNS = 1_000

const recorder = await Recorder.start()
t.teardown(() => recorder.close())
const gateway = await startTestGateway(t, {
  upstreams: [upstreamOf([`http://${recorder.authority}`])],
  routes: [routeOf()]
})
const port = Number(new URL(gateway.url).port)

t.test(
  'forwards nothing but whole requests that a strict reader finds in the same bytes, each once and in order',
  async t => {
    const roll = dice(SEED)
    let forwarded = 0
    let refused = 0
    for (let run = 0; run < RUNS; run++) {
      const raw = mutated(roll)
      const { sent, arrived, answers, faults } = await attempt(port, recorder, raw)
      const found = [...faults]
      const whole = requestsIn(sent)
      let place = -1
      for (const { method, target, body } of arrived) {
        place = whole.findIndex(({ startLine, body: sentBody }, index) => {
          // RFC 9112, 3: a reader may take several spaces in a request line for one, and Node's does.
          const [sentMethod, sentTarget] = startLine.split(/ +/)
          return index > place && sentMethod === method && sentTarget === target && sentBody.equals(body)
        })
        if (place !== -1) continue
        found.push(`forwarded ${method} ${target}, which was not sent, or not there`)
        break
      }
      if (found.length > 0) t.strictSame(found, [], `run ${run}: ${JSON.stringify(raw)}`)
      forwarded += arrived.length
      refused += answers.filter(({ status }) => status >= 400).length
    }
    t.ok(forwarded > RUNS / 10, `${forwarded} were forwarded`)
    t.ok(refused > RUNS / 10, `${refused} were refused`)
  }
)
