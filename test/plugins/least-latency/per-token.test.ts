import t from 'tap'
import { perTokenMs } from '../../../plugins/least-latency/per-token.ts'

t.test('a stream is measured between its first event and its end, another body as a whole', async t => {
  t.equal(perTokenMs({ endedMs: 2_500, firstEventMs: 500 }, 101), 20)
  t.equal(perTokenMs({ endedMs: 2_500, firstEventMs: undefined }, 100), 25)
})

t.test('what was cut, or is too short, says nothing', async t => {
  t.equal(perTokenMs({ endedMs: undefined, firstEventMs: 5 }, 100), undefined)
  for (const tokens of [0, 1, 7, Number.NaN]) t.equal(perTokenMs({ endedMs: 500, firstEventMs: 5 }, tokens), undefined)
})
