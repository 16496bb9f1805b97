import t from 'tap'
import { parseTraceparent, parseTracestate, randomId, traceparent } from '../../../plugins/opentelemetry/context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

t.test('reads what the standard says, later versions included', async t => {
  t.strictSame(parseTraceparent([`00-${TRACE}-${SPAN}-01`]), { traceId: TRACE, spanId: SPAN, isSampled: true })
  t.match(parseTraceparent([`00-${TRACE}-${SPAN}-02`]), { isSampled: false })
  t.match(parseTraceparent([`cc-${TRACE}-${SPAN}-03-what-comes-later`]), { isSampled: true })
})

t.test('takes nothing that is malformed', async t => {
  for (const line of [
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    ` 00-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01x`
  ]) {
    t.equal(parseTraceparent([line]), undefined, line)
  }
  t.equal(parseTraceparent([]), undefined)
  t.equal(parseTraceparent([`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`]), undefined, 'one header only')
})

t.test('writes what it reads', async t => {
  const line = `00-${TRACE}-${SPAN}-01`
  const context = parseTraceparent([line])
  t.equal(context && traceparent(context), line)
  t.equal(traceparent({ traceId: TRACE, spanId: SPAN, isSampled: false }), `00-${TRACE}-${SPAN}-00`)
})

t.test('passes on entries of vendors that are sound, over several lines', async t => {
  t.equal(parseTracestate(['a=1, b@c=x y', 'd/e=2']), 'a=1,b@c=x y,d/e=2')
  t.equal(parseTracestate([]), undefined)
  for (const line of ['a', 'A=1', 'a=1,a=2', 'a=', 'a=ü', `a=${'x'.repeat(257)}`, 'a=b=c']) {
    t.equal(parseTracestate([line]), undefined, line)
  }
  t.equal(parseTracestate([Array.from({ length: 33 }, (_, index) => `a${index}=1`).join()]), undefined)
  t.equal(parseTracestate([Array.from({ length: 5 }, (_, index) => `a${index}=${'x'.repeat(120)}`).join()]), undefined)
})

t.test('ids have their length, and are never all zero', async t => {
  t.equal(
    randomId(16, () => 0),
    '0000000000000001'
  )
  t.equal(
    randomId(32, () => 0.999999999999),
    'f'.repeat(32)
  )
})
