import t from 'tap'
import { encodeSpans, rejectedSpans, type Span } from '../../../plugins/opentelemetry/otlp.ts'

const SPAN: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: undefined,
  name: 'POST chat',
  kind: 'server',
  startedAt: 1_767_225_600_000.25,
  endedAt: 1_767_225_600_001,
  attributes: { word: 'a', whole: 3, part: 0.5, yes: true, none: undefined },
  isError: false
}

t.test('spans are written as the standard says, whole numbers of 64 bits as text', async t => {
  t.strictSame(JSON.parse(encodeSpans([SPAN], { serviceName: 'tacit', instanceId: 'i' })), {
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'tacit' } },
            { key: 'service.instance.id', value: { stringValue: 'i' } }
          ]
        },
        scopeSpans: [
          {
            scope: { name: 'tacit-gateway' },
            spans: [
              {
                traceId: SPAN.traceId,
                spanId: SPAN.spanId,
                name: 'POST chat',
                kind: 2,
                startTimeUnixNano: '1767225600000250000',
                endTimeUnixNano: '1767225600001000000',
                attributes: [
                  { key: 'word', value: { stringValue: 'a' } },
                  { key: 'whole', value: { intValue: '3' } },
                  { key: 'part', value: { doubleValue: 0.5 } },
                  { key: 'yes', value: { boolValue: true } }
                ],
                status: { code: 0 }
              }
            ]
          }
        ]
      }
    ]
  })
})

t.test('a try has its parent, its kind and its error; no span ends before it begins', async t => {
  const client: Span = { ...SPAN, kind: 'client', parentSpanId: 'c7ad6b7169203331', isError: true, endedAt: 0 }
  const text = encodeSpans([client], { serviceName: 'tacit', instanceId: 'i' })
  t.match(text, '"parentSpanId":"c7ad6b7169203331"')
  t.match(text, '"kind":3')
  t.match(text, '"status":{"code":2}')
  t.match(text, '"endTimeUnixNano":"1767225600000250000"')
})

t.test('knows how many spans a collector has refused, whatever it answers', async t => {
  const rejected = (answer: string) => rejectedSpans(Buffer.from(answer))
  t.equal(rejected('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}'), 3)
  t.equal(rejected('{"partialSuccess":{"rejectedSpans":2}}'), 2)
  for (const none of [
    '',
    '{}',
    'null',
    '[]',
    '{"partialSuccess":null}',
    '{"partialSuccess":{"rejectedSpans":-1}}',
    '<p>'
  ]) {
    t.equal(rejected(none), 0, none)
  }
})
