import t from 'tap'
import { EVENT_BYTES } from '../../../benchmarks/load/stamped-events.ts'
import { CASES } from '../../../benchmarks/micro/cases.ts'

/** What a case hands back after being done so often. */
function done(name: string, times: number): number | undefined {
  return CASES.find(each => each.name === name)?.prepare()(times)
}

t.test('every case does what its name says', async t => {
  t.equal(done('matcher: 10 routes, a path', 3), 3, 'the first route, three times')
  t.equal(done('matcher: 10,000 routes, a path', 3), 3)
  t.equal(done('matcher: 10,000 routes, a host', 2), 2 * 5000, 'the route of tenant 4,999')
  t.equal(done('matcher: 10,000 routes, no match', 2), 0)
  t.equal(done('SSE: whole events in a chunk of one', 2), 2 * EVENT_BYTES)
  t.equal(done('SSE: a chunk of ten events, cut', 2), 20 * EVENT_BYTES)
  t.equal(done('SSE: one event in two chunks, cut', 2), 2 * EVENT_BYTES)
  t.equal(done('dispatch: plugins in a phase: 4', 1), 4)
})

t.test('names are told apart', async t => {
  t.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
})
