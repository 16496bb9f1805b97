import t from 'tap'
import { countLive, isStream } from '../../../core/admin/live.ts'
import { Reply } from '../../../core/pipeline/messages.ts'
import { exchangeOf } from '../../support/exchanges.ts'
import { planOf } from '../../support/plans.ts'

t.test('counts exchanges and streams, as a whole and by route', async t => {
  const [plain, waiting, stream] = [0, 1, 2].map(() => exchangeOf(planOf([])))
  if (plain !== undefined) plain.reply = new Reply('upstream', 200, [], false)
  if (stream !== undefined) stream.reply = new Reply('upstream', 200, [], true)
  const all = [plain, waiting, stream].filter(exchange => exchange !== undefined)
  t.strictSame(all.map(isStream), [false, false, true])
  const { total, byRoute } = countLive(all)
  t.strictSame(total, { inFlight: 3, streams: 1 })
  t.strictSame([...byRoute.values()], [{ inFlight: 3, streams: 1 }])
  t.strictSame(countLive([]).total, { inFlight: 0, streams: 0 })
})
