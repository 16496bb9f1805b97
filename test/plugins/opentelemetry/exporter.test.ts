import t from 'tap'
import { Exporter } from '../../../plugins/opentelemetry/exporter.ts'
import type { Span } from '../../../plugins/opentelemetry/otlp.ts'

const spans = (count: number): readonly Span[] =>
  Array.from({ length: count }, (_, index) => ({
    traceId: '',
    spanId: `${index}`,
    parentSpanId: undefined,
    name: '',
    kind: 'server',
    startedAt: 0,
    endedAt: 0,
    attributes: {},
    isError: false
  }))

/** An exporter whose collector answers as it is told. */
function exporting(answers: readonly (number | Error | string)[], limits = { maxQueue: 10, maxBatch: 4 }) {
  const counted: string[] = []
  const sent: number[] = []
  const left = [...answers]
  const exporter = new Exporter({
    ...limits,
    encode: batch => `${batch.length}`,
    async send(body) {
      sent.push(Number(body))
      const answer = left.shift() ?? 200
      if (answer instanceof Error) throw answer
      return { status: typeof answer === 'number' ? answer : 200, body: Buffer.from(String(answer)) }
    },
    count: (outcome, amount) => void counted.push(`${outcome} ${amount}`)
  })
  return { exporter, counted, sent }
}

t.test('sends what waits in batches, in order', async t => {
  const { exporter, counted, sent } = exporting([])
  exporter.add(spans(3))
  exporter.add(spans(3))
  await exporter.flush()
  t.strictSame(sent, [4, 2])
  t.strictSame(counted, ['sent 4', 'sent 2'])
  await exporter.flush()
  t.equal(sent.length, 2, 'nothing is sent when nothing waits')
})

t.test('drops what finds no room, whole exchanges at a time', async t => {
  const { exporter, counted } = exporting([])
  exporter.add(spans(8))
  exporter.add(spans(3))
  exporter.add(spans(2))
  t.equal(exporter.waiting, 10)
  t.strictSame(counted, ['dropped 3'])
})

t.test('tries a batch three times, once for each flush, and then goes on without it', async t => {
  const { exporter, counted, sent } = exporting([503, new Error('refused'), 429, 200])
  exporter.add(spans(6))
  for (let flush = 0; flush < 3; flush++) {
    await exporter.flush()
    t.ok(exporter.isFailing)
  }
  t.strictSame(sent, [4, 4, 4])
  t.strictSame(counted, ['failed 4'])
  await exporter.flush()
  t.strictSame(counted, ['failed 4', 'sent 2'])
  t.notOk(exporter.isFailing)
})

t.test('does not repeat what the collector will never take', async t => {
  const { exporter, counted } = exporting([400])
  exporter.add(spans(2))
  await exporter.flush()
  t.strictSame(counted, ['failed 2'])
  t.equal(exporter.waiting, 0)
})

t.test('counts what a collector has refused of an export', async t => {
  const { exporter, counted } = exporting(['{"partialSuccess":{"rejectedSpans":3}}'])
  exporter.add(spans(4))
  await exporter.flush()
  t.strictSame(counted, ['rejected 3', 'sent 1'])
})

t.test('sends one export at a time, and the rest when it is closed', async t => {
  const { exporter, counted, sent } = exporting([])
  exporter.add(spans(2))
  await Promise.all([exporter.flush(), exporter.flush()])
  t.strictSame(sent, [2])
  exporter.add(spans(1))
  await exporter.close()
  t.strictSame(counted, ['sent 2', 'sent 1'])
  const failing = exporting([503])
  failing.exporter.add(spans(5))
  await failing.exporter.close()
  t.strictSame(failing.counted, ['failed 5'])
  t.equal(failing.exporter.waiting, 0)
})
