import t from 'tap'
import { dataReport } from '../../../core/cli/data-uses.ts'
import { Type } from '../../../core/plugin.ts'
import { loadForDryRun, pluginOf, TWO_UPSTREAMS } from '../../support/dry.ts'

const DETECTOR = pluginOf('detector', {
  data: { reads: ['request-body'], egress: [{ to: 'detector.example.com', what: 'content' }] },
  events: { found: Type.Object({ count: Type.Integer() }) },
  records: {
    hits: {
      purpose: 'Counting what was found.',
      class: 'audit',
      fields: Type.Object({ consumer: Type.String(), count: Type.Integer() }),
      clear: ['count'],
      subject: 'consumer'
    }
  }
})

t.test('says what each plugin reads, sends, keeps and logs, where it stands', async t => {
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'detector' }] }, [DETECTOR])
  const [first, ...others] = dataReport(loaded).uses
  t.strictSame(first, {
    plugin: 'detector',
    where: 'every route',
    reads: ['request-body'],
    egress: [{ to: 'detector.example.com', what: 'content' }],
    keeps: [
      {
        kind: 'hits',
        class: 'audit',
        purpose: 'Counting what was found.',
        fields: ['consumer', 'count'],
        clear: ['count'],
        subject: 'consumer'
      }
    ],
    logs: [{ event: 'found', fields: ['count'] }]
  })
  t.strictSame(
    others.map(({ plugin, where }) => [plugin, where]),
    [
      ['weighted', 'balancer of chat'],
      ['weighted', 'balancer of spare']
    ]
  )
})

t.test('says which servers bodies go to, and from which routes', async t => {
  const { destinations } = dataReport(await loadForDryRun(TWO_UPSTREAMS))
  t.strictSame(destinations, [
    {
      upstream: 'chat',
      routes: ['all'],
      peers: [
        { peer: 'eu', host: 'eu.llm.example.com', region: undefined },
        { peer: 'us', host: 'us.llm.example.com', region: undefined }
      ]
    },
    { upstream: 'spare', routes: [], peers: [{ peer: 'only', host: 'spare.example.com', region: undefined }] }
  ])
})
