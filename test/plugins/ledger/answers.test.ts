import t from 'tap'
import { startUsageGateway } from '../../support/usage-gateway.ts'

type Json = Record<string, unknown>

function listIn(text: string, name: string): readonly Json[] {
  const found: unknown = JSON.parse(text)[name]
  if (!Array.isArray(found)) throw new TypeError(`no ${name} in ${text}`)
  return found
}

/** Some usage: ada calls three times with two keys, bob once. Resolves when all rows are there. */
async function withUsage(t: Parameters<typeof startUsageGateway>[0]) {
  const gateway = await startUsageGateway(t)
  const ids = [
    await gateway.call('ada', 'small', 1_000, 10),
    await gateway.call('ada', 'large', 100, 1),
    await gateway.call('phone', 'small', 3_000, 0),
    await gateway.call('bob', 'large', 7_777, 777)
  ]
  // A row is there a moment after its answer.
  while (listIn((await gateway.look('/usage')).text, 'figures')[0]?.requests !== 4);
  while (listIn((await gateway.look('/usage/calls')).text, 'calls').length !== 4);
  return { ...gateway, ids }
}

t.test('a consumer sees what it used and what it cost, and tells it apart as it likes', async t => {
  const { ask } = await withUsage(t)
  const { status, text } = await ask('ada', '/usage')
  t.equal(status, 200)
  t.match(listIn(text, 'figures'), [
    { requests: 3, refused: 0, unpriced: 0, input: 4_100, output: 11, cost: ['0.00508 USD'] }
  ])
  const told = async (query: string, ...names: readonly string[]) =>
    listIn((await ask('ada', `/usage?${query}`)).text, 'figures').map(figure => [
      // A price's name has a digest behind it.
      ...names.map(name => String(figure[name]).replace(/\.[0-9a-f]{8}$/, '')),
      figure.requests,
      figure.cost
    ])
  t.strictSame(await told('by=model', 'model'), [
    ['large', 1, ['0.00104 USD']],
    ['small', 2, ['0.00404 USD']]
  ])
  t.strictSame(await told('by=credential&by=price', 'credential', 'price'), [
    ['laptop', 'large-1', 1, ['0.00104 USD']],
    ['laptop', 'small-1', 1, ['0.00104 USD']],
    ['phone', 'small-1', 1, ['0.003 USD']]
  ])
  t.strictSame(await told('credential=phone&by=route', 'route'), [['chat', 1, ['0.003 USD']]])
  t.strictSame(await told('model=none-such'), [])
  t.strictSame(await told('from=2020-01-01&to=2020-02-01'), [])
  const month = listIn((await ask('ada', '/usage?step=month&timeZone=Asia/Kolkata')).text, 'figures')
  t.match(month, [{ from: /T18:30:00.000Z$/, requests: 3 }], 'months begin where they do in India')
  t.match(JSON.parse((await ask('ada', '/budgets')).text), { budgets: [{ budget: 'month', spent: '0.00508 USD' }] })
})

t.test('a consumer never sees anything of another', async t => {
  const { ask, ids, look } = await withUsage(t)
  const bobs = String(ids[3])
  const nothing = (text: string) => t.notMatch(text, new RegExp(`7777|bob|${bobs}|canary`), text.slice(0, 200))
  for (const path of [
    '/usage',
    '/usage?by=model&by=credential',
    '/usage/calls',
    `/usage/calls?limit=1000&order=oldest`
  ]) {
    const { status, text } = await ask('ada', path)
    t.equal(status, 200)
    nothing(text)
  }
  const forged = [
    'consumer=bob',
    'by=consumer',
    'where[consumer]=bob',
    'actor=bob',
    'consumer[]=bob',
    'model=large&model=small',
    '__proto__[consumer]=bob',
    'credential=only&consumer=bob'
  ]
  for (const query of forged) {
    for (const path of ['/usage', '/usage/calls']) {
      const { status, text } = await ask('ada', `${path}?${query}`)
      t.equal(status, 400, `${path}?${query}`)
      nothing(text)
    }
  }
  for (const name of ['x-consumer', 'x-tacit-consumer', 'x-consumer-id']) {
    const { text } = await ask('ada', '/usage', { [name]: 'bob' })
    t.match(listIn(text, 'figures'), [{ requests: 3 }])
  }
  t.strictSame(listIn((await ask('ada', '/usage?credential=only')).text, 'figures'), [], 'a key of somebody else')
  t.strictSame(listIn((await ask('ada', '/usage/calls?credential=only')).text, 'calls'), [])
  t.equal((await ask('ada', `/usage/calls/${bobs}`)).status, 404)
  t.equal((await ask('bob', `/usage/calls/${bobs}`)).status, 200)
  t.equal((await ask('ada', '/usage/calls/%2e%2e')).status, 404)
  t.equal((await ask('ada', '/usage/calls/ada')).status, 400)
  for (const path of ['/usage', '/usage/calls', `/usage/calls/${bobs}`]) {
    t.equal((await ask(undefined, path)).status, 401, 'nobody is told nothing')
  }
  t.equal((await ask('ada', '/usage', { authorization: 'Bearer token-of-viewer' })).status, 401)
  t.equal((await look('/usage', { authorization: 'Bearer key-of-ada' })).status, 401)
})

t.test('a cursor leads to the own next page, whoever has made it', async t => {
  const { ask, look } = await withUsage(t)
  const pageOf = async (who: 'ada' | 'bob', path: string) => JSON.parse((await ask(who, path)).text)
  const first = await pageOf('ada', '/usage/calls?limit=1&order=oldest')
  t.equal(first.calls.length, 1)
  const seen: unknown[] = [first.calls[0].exchange]
  for (let cursor = first.next; cursor !== undefined; ) {
    const page = await pageOf('ada', `/usage/calls?limit=1&order=oldest&cursor=${cursor}`)
    seen.push(...page.calls.map(({ exchange }: Json) => exchange))
    cursor = page.next
  }
  t.equal(new Set(seen).size, 3)
  t.match(
    (await pageOf('bob', `/usage/calls?order=oldest&cursor=${first.next}`)).calls.map(({ input }: Json) => input),
    [7_777],
    'bob is led to his own'
  )
  const admins = JSON.parse((await look('/usage/calls?limit=1&order=oldest')).text)
  for (const { input } of (await pageOf('ada', `/usage/calls?order=oldest&cursor=${admins.next}`)).calls) {
    t.not(input, 7_777)
  }
  const figures = await pageOf('ada', '/usage?by=model&limit=1')
  t.match(figures.figures, [{ model: 'large' }])
  t.match(await pageOf('ada', `/usage?by=model&limit=1&cursor=${figures.next}`), {
    figures: [{ model: 'small' }],
    next: undefined
  })
  t.match((await pageOf('bob', `/usage?by=model&cursor=${figures.next}`)).figures, [])
  for (const cursor of ['x', figures.next.slice(2), Buffer.from('[1,"a","b"]').toString('base64url')]) {
    t.equal((await ask('ada', `/usage?by=model&cursor=${cursor}`)).status, 400)
  }
  t.equal((await ask('ada', '/usage/calls?cursor=Li4vLi4vZXRj')).status, 400)
})

t.test('a call is told as metadata alone, and where it went only to those who run the gateway', async t => {
  const { ask, look, ids } = await withUsage(t)
  const id = String(ids[1])
  const own = JSON.parse((await ask('ada', `/usage/calls/${id}`)).text)
  t.match(own, {
    exchange: id,
    credential: 'laptop',
    route: 'chat',
    asked: 'large',
    model: 'large',
    status: 200,
    end: 'complete',
    source: 'reported',
    input: 100,
    output: 1,
    cost: '0.00104 USD'
  })
  t.strictSame(
    ['consumer', 'upstream', 'peer', 'provider', 'attempts'].filter(name => name in own),
    []
  )
  const all = JSON.parse((await look(`/usage/calls/${id}`)).text)
  t.match(all, { consumer: 'ada', upstream: 'upstream', peer: 'peer-1', provider: 'acme', priceVersion: 'large-1' })
  t.notMatch(JSON.stringify([own, all]), /canary|Bearer|key-of/)
  t.equal((await look('/usage/calls/00000000-0000-4000-8000-000000000000')).status, 404)
})

t.test('operators see everybody, one by one or together, as CSV and as lines of JSON, too', async t => {
  const { look, ask } = await withUsage(t)
  t.match(listIn((await look('/usage?by=consumer')).text, 'figures'), [
    { consumer: 'ada', requests: 3, cost: ['0.00508 USD'] },
    { consumer: 'bob', requests: 1, input: 7_777, cost: ['0.10885 USD'] }
  ])
  t.match(listIn((await look('/usage?consumer=bob')).text, 'figures'), [{ requests: 1 }])
  const csv = await look('/usage?by=consumer&limit=1', { accept: 'text/csv' })
  t.equal(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  const [head = '', line = '', end] = csv.text.split('\r\n')
  const cells = Object.fromEntries(head.split(',').map((name, index) => [name, line.split(',')[index]]))
  t.match(cells, { consumer: 'ada', requests: '3', input: '4100', cost: '0.00508 USD' })
  t.equal(end, '')
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(String(csv.headers.link)) ?? []
  t.match((await look(`/usage${next}`, { accept: 'application/x-ndjson' })).text, /^\{"from".*"consumer":"bob".*\}\n$/)
  const lines = (await ask('ada', '/usage/calls', { accept: 'application/x-ndjson' })).text.trimEnd().split('\n')
  t.equal(lines.map(each => JSON.parse(each)).length, 3)
})

t.test('says what is wrong with a time', async t => {
  const { ask } = await startUsageGateway(t)
  const refused = async (query: string) => {
    const { status, text } = await ask('ada', `/usage?${query}`)
    return [status, /time_wrong|invalid_request/.exec(text)?.[0]]
  }
  for (const query of [
    'from=2026-11-02&to=2026-11-01',
    'from=2026-11-01T00:00:01Z',
    'from=yesterday',
    'from=2026-02-31',
    'step=hour&from=2020-01-01&to=2021-01-01'
  ]) {
    t.strictSame(await refused(query), [400, 'time_wrong'], query)
  }
  for (const query of ['timeZone=Mars/Olympus', 'step=minute', 'by=content', 'limit=0', 'limit=1001']) {
    t.strictSame(await refused(query), [400, 'invalid_request'], query)
  }
})
