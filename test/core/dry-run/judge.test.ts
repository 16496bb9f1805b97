import t from 'tap'
import { explain } from '../../../core/dry-run/explain.ts'
import { judge } from '../../../core/dry-run/judge.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

const loaded = await loadForDryRun({
  ...TWO_UPSTREAMS,
  routes: [
    {
      id: 'all',
      match: { path: '/v1/*' },
      upstream: 'chat',
      plugins: [{ use: 'headers', config: { request: { append: { 'x-a': '2' } } } }]
    }
  ]
})
const EXPLANATION = await explain(loaded, { method: 'GET', target: '/v1/x?y=1', headers: [['x-a', '1']] }, { at: 0 })

t.test('finds nothing where everything is as expected, and nothing where nothing is', async t => {
  t.strictSame(judge({}, EXPLANATION), [])
  t.strictSame(
    judge(
      {
        route: 'all',
        status: 200,
        upstream: 'chat',
        peer: 'eu',
        tries: 1,
        sent: { method: 'GET', path: '/v1/x?y=1', headers: { 'X-A': '1, 2' }, without: ['x-b'] },
        answered: { headers: { 'content-type': 'application/json' }, without: ['server'] }
      },
      EXPLANATION
    ),
    []
  )
})

t.test('tells everything that is not as expected', async t => {
  t.strictSame(
    judge(
      {
        route: 'other',
        status: 401,
        refusal: 'no',
        consumer: 'team',
        upstream: 'spare',
        peer: 'us',
        model: 'big',
        tries: 2,
        sent: { method: 'POST', path: '/', headers: { 'x-c': '1' }, without: ['x-a'] },
        answered: { headers: { via: '2.0' }, without: ['content-type'] }
      },
      EXPLANATION
    ),
    [
      { what: 'route', expected: 'other', actual: 'all' },
      { what: 'status', expected: '401', actual: '200' },
      { what: 'refusal', expected: 'no', actual: 'none' },
      { what: 'consumer', expected: 'team', actual: 'none' },
      { what: 'upstream', expected: 'spare', actual: 'chat' },
      { what: 'peer', expected: 'us', actual: 'eu' },
      { what: 'model', expected: 'big', actual: 'none' },
      { what: 'tries', expected: '2', actual: '1' },
      { what: 'sent.method', expected: 'POST', actual: 'GET' },
      { what: 'sent.path', expected: '/', actual: '/v1/x?y=1' },
      { what: 'sent.headers.x-c', expected: '1', actual: 'none' },
      { what: 'sent.headers.x-a', expected: 'none', actual: '1, 2' },
      { what: 'answered.headers.via', expected: '2.0', actual: '1.1 tacit' },
      { what: 'answered.headers.content-type', expected: 'none', actual: 'application/json' }
    ]
  )
})

t.test('says so when nothing is sent that could be looked at', async t => {
  const refused = await explain(loaded, { method: 'GET', target: '/' }, { at: 0 })
  t.strictSame(judge({ sent: { headers: {}, without: [] } }, refused), [
    { what: 'sent', expected: 'a request', actual: 'nothing' }
  ])
})
