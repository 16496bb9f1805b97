import fc from 'fast-check'
import t from 'tap'
import { Matcher, type MatchRule } from '../../../core/server/matcher.ts'

function matcher(rules: Readonly<Record<string, Partial<MatchRule>>>): Matcher<string> {
  const made = new Matcher<string>()
  for (const [route, rule] of Object.entries(rules)) made.add({ hosts: [], methods: [], path: '/*', ...rule }, route)
  return made
}

function found(rules: Matcher<string>, host: string, method: string, path: string): string | readonly string[] {
  const match = rules.find(host, method, path)
  return match.route ?? match.allowed
}

t.test('compares paths byte by byte', async t => {
  const rules = matcher({ one: { path: '/v1/chat' }, two: { path: '/v1/chat/' }, three: { path: '/V1/chat' } })
  t.strictSame(
    ['/v1/chat', '/v1/chat/', '/V1/chat', '/v1/Chat', '/v1/chat%2F', '/v1/chat/x', '/'].map(path =>
      found(rules, 'h', 'GET', path)
    ),
    ['one', 'two', 'three', [], [], [], []]
  )
})

t.test('the longest path wins, and an exact one before any other', async t => {
  const rules = matcher({
    all: { path: '/*' },
    v1: { path: '/v1/*' },
    chat: { path: '/v1/chat/*' },
    exact: { path: '/v1/chat/x' }
  })
  t.strictSame(
    ['/', '/v2', '/v1', '/v1/', '/v1/a/b/c', '/v1/chat', '/v1/chat/', '/v1/chat/x', '/v1/chat/x/y'].map(path =>
      found(rules, 'h', 'GET', path)
    ),
    ['all', 'all', 'all', 'v1', 'v1', 'v1', 'chat', 'exact', 'chat']
  )
})

t.test('an exact host goes before a wider one, and that before any', async t => {
  const rules = matcher({
    any: {},
    wide: { hosts: ['*.example.com'] },
    wider: { hosts: ['*.com'] },
    exact: { hosts: ['api.example.com'], path: '/v1/*' }
  })
  t.strictSame(
    [
      ['api.example.com', '/v1/x'],
      ['api.example.com', '/v2'],
      ['a.b.example.com', '/v1/x'],
      ['example.com', '/'],
      ['evilexample.com', '/'],
      ['.example.com', '/'],
      ['com', '/'],
      ['example.org', '/']
    ].map(([host = '', path = '']) => found(rules, host, 'GET', path)),
    ['exact', 'wide', 'wide', 'wider', 'wider', 'wider', 'any', 'any']
  )
})

t.test('a named method goes before any, and one that is not served names those that are', async t => {
  const rules = matcher({
    post: { path: '/x', methods: ['POST'] },
    rest: { path: '/x', methods: [] },
    put: { path: '/y', methods: ['PUT', 'DELETE'] },
    below: { path: '/z/*', methods: ['GET'] },
    deeper: { path: '/z/a/*', methods: ['POST'] }
  })
  t.strictSame(
    [
      ['POST', '/x'],
      ['GET', '/x'],
      ['GET', '/y'],
      ['GET', '/z/a/b'],
      ['PUT', '/z/a/b'],
      ['PUT', '/none']
    ].map(([method = '', path = '']) => found(rules, 'h', method, path)),
    ['post', 'rest', ['DELETE', 'PUT'], 'below', ['GET', 'POST'], []]
  )
})

t.test('finds what a plain search finds, whatever the routes', async t => {
  const segment = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(segment, { maxLength: 4 }).map(parts => `/${parts.join('/')}`)
  const rule = fc.record({
    path: fc.oneof(
      path,
      path.map(text => (text === '/' ? '/*' : `${text}/*`))
    ),
    hosts: fc.subarray(['h', '*.h', '*.x.h']),
    methods: fc.subarray(['GET', 'POST'])
  })
  const request = fc.record({
    host: fc.constantFrom('h', 'x.h', 'y.x.h', 'other'),
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    path
  })
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 12 }), request, (rules, request) => {
      const made = new Matcher<number>()
      for (const [index, one] of rules.entries()) made.add(one, index)
      const match = made.find(request.host, request.method, request.path)
      t.equal(match.route, plainSearch(rules, request))
    }),
    { numRuns: 500 }
  )
})

t.test('a hostile path costs no more than its length', async t => {
  const rules = matcher(
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`r${index}`, { path: `/v1/${index}/*` }]))
  )
  const deep = '/'.repeat(16_000)
  const before = process.cpuUsage()
  for (let count = 0; count < 1_000; count++) rules.find('h', 'GET', deep)
  const { user } = process.cpuUsage(before)
  t.ok(user < 2_000_000, `${user / 1_000} µs each`)
  t.equal(found(rules, 'h', 'GET', '/v1/9999/x'), 'r9999')
})

/** What is right by definition: every rule is looked at, and the best is taken. */
function plainSearch(
  rules: readonly MatchRule[],
  { host, method, path }: { readonly host: string; readonly method: string; readonly path: string }
): number | undefined {
  let best: { readonly index: number; readonly rank: readonly number[] } | undefined
  for (const [index, rule] of rules.entries()) {
    if (rule.methods.length > 0 && !rule.methods.includes(method)) continue
    const isBelow = rule.path.endsWith('/*')
    if (isBelow ? !path.startsWith(rule.path.slice(0, -1)) : path !== rule.path) continue
    const hostRanks = rule.hosts.flatMap(name => {
      if (name === host) return [1_000]
      const suffix = name.slice(1)
      return name.startsWith('*.') && host.endsWith(suffix) && host.length > suffix.length ? [suffix.length] : []
    })
    if (rule.hosts.length > 0 && hostRanks.length === 0) continue
    const hostRank = Math.max(0, ...hostRanks)
    const rank = [hostRank, isBelow ? rule.path.length - 1 : 10_000, rule.methods.length > 0 ? 1 : 0]
    if (best === undefined || isHigher(rank, best.rank)) best = { index, rank }
  }
  return best?.index
}

function isHigher(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? 0
    if (value !== against) return value > against
  }
  return false
}
