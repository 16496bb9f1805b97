import fc from 'fast-check'
import t from 'tap'
import { Matcher, type MatchRule } from '../../../core/server/matcher.ts'

/** A rule written as `METHOD,METHOD host,host /path`; `-` for any. */
function ruleOf(text: string): MatchRule {
  const [methods = '-', hosts = '-', path = ''] = text.split(' ')
  const list = (words: string) => (words === '-' ? [] : words.split(','))
  return { methods: list(methods), hosts: list(hosts), path }
}

/** A matcher whose routes are their own rules. */
function matcherOf(...rules: readonly string[]): Matcher<string> {
  const matcher = new Matcher<string>()
  for (const rule of rules) matcher.add(ruleOf(rule), rule)
  return matcher
}

/** The rule that a request meets, or the methods that its path is known with. */
function find(matcher: Matcher<string>, method: string, host: string, path: string) {
  const match = matcher.find(host, method, path)
  return match.route ?? match.allowed
}

t.test('compares paths byte by byte', async t => {
  const matcher = matcherOf('- - /a', '- - /a/', '- - /a%20b', '- - /ü')
  for (const path of ['/a', '/a/', '/a%20b', '/ü']) t.equal(find(matcher, 'GET', 'h', path), `- - ${path}`)
  for (const path of ['/A', '/a//', '//a', '/a b', '/%C3%BC', '/a?', '', 'a', '/', '*']) {
    t.strictSame(find(matcher, 'GET', 'h', path), [], path)
  }
})

t.test('what is below a path begins behind its slash', async t => {
  const matcher = matcherOf('- - /v1/*')
  for (const path of ['/v1/', '/v1/a', '/v1/a/b/', '/v1//', '/v1/*'])
    t.equal(find(matcher, 'GET', 'h', path), '- - /v1/*', path)
  for (const path of ['/v1', '/v10/a', '/V1/a', '/v2/v1/', '/']) t.strictSame(find(matcher, 'GET', 'h', path), [], path)
})

t.test('the whole path goes before what it is below, the longer of those before the shorter', async t => {
  const rules = ['- - /*', '- - /a/*', '- - /a/b/*', '- - /a/b', '- - /a/b/c/d/*']
  for (const matcher of [matcherOf(...rules), matcherOf(...rules.toReversed())]) {
    const met = [
      '/',
      '/a',
      '/a/',
      '/a/x',
      '/a/b',
      '/a/b/',
      '/a/b/c',
      '/a/b/c/d',
      '/a/b/c/d/',
      '/a/b/c/d/e/f/g',
      '/x/y/z'
    ].map(path => find(matcher, 'GET', 'h', path))
    t.strictSame(met, [
      ...['- - /*', '- - /*', '- - /a/*', '- - /a/*', '- - /a/b', '- - /a/b/*', '- - /a/b/*', '- - /a/b/*'],
      ...['- - /a/b/c/d/*', '- - /a/b/c/d/*', '- - /*']
    ])
  }
})

t.test('an exact host goes before a wider one, whatever the path', async t => {
  const rules = ['- - /long/path', '- *.a.test /long/*', '- *.b.a.test /*', '- c.b.a.test /*']
  for (const matcher of [matcherOf(...rules), matcherOf(...rules.toReversed())]) {
    const met = [
      'c.b.a.test',
      'd.b.a.test',
      'b.a.test',
      'x.y.a.test',
      'a.test',
      'other.test',
      'xa.test',
      '',
      'b.a.test.'
    ].map(host => find(matcher, 'GET', host, '/long/path'))
    t.strictSame(met, [
      ...['- c.b.a.test /*', '- *.b.a.test /*', '- *.a.test /long/*', '- *.a.test /long/*'],
      ...Array(5).fill('- - /long/path')
    ])
  }
})

t.test('a host that knows no such path leaves it to the wider ones', async t => {
  const matcher = matcherOf('- c.b.test /x', '- *.b.test /y', '- - /z')
  t.strictSame(
    ['/x', '/y', '/z', '/q'].map(path => find(matcher, 'GET', 'c.b.test', path)),
    ['- c.b.test /x', '- *.b.test /y', '- - /z', []]
  )
})

t.test('a named method goes before any, and one that is not named is told which are', async t => {
  const matcher = matcherOf('- - /a', 'POST,PUT - /a', 'GET - /b', 'DELETE - /*')
  t.strictSame(
    [find(matcher, 'POST', 'h', '/a'), find(matcher, 'PUT', 'h', '/a'), find(matcher, 'GET', 'h', '/a')],
    ['POST,PUT - /a', 'POST,PUT - /a', '- - /a']
  )
  t.equal(find(matcher, 'DELETE', 'h', '/b'), 'DELETE - /*', 'a wider path that knows the method takes it')
  t.strictSame(find(matcher, 'POST', 'h', '/b'), ['DELETE', 'GET'])
  t.strictSame(find(matcher, 'get', 'h', '/b'), ['DELETE', 'GET'], 'methods are case-sensitive (RFC 9110, 9.1)')
  t.strictSame(find(matcherOf('GET a.test /x', 'POST *.test /x', 'PUT - /x'), 'X', 'a.test', '/x'), [
    'GET',
    'POST',
    'PUT'
  ])
})

t.test('of two routes in the same place the first is found', async t => {
  const matcher = new Matcher<number>()
  for (const route of [1, 2]) matcher.add(ruleOf('GET a.test /a/*'), route)
  t.strictSame(matcher.find('a.test', 'GET', '/a/b'), { route: 1 })
})

t.test('names of objects are names like others', async t => {
  const matcher = matcherOf('- - /__proto__', '- constructor /*')
  t.strictSame(find(matcher, '__proto__', '__proto__', '/__proto__'), '- - /__proto__')
  t.strictSame(find(matcher, 'toString', 'hasOwnProperty', '/toString'), [])
  t.equal(find(matcher, 'GET', 'constructor', '/x'), '- constructor /*')
})

/** The same by trying every rule. */
function slowly(rules: readonly string[], method: string, host: string, path: string): string | undefined {
  const rank = (text: string): readonly number[] | undefined => {
    const { hosts, methods, path: wanted } = ruleOf(text)
    const hostRank = hosts.length === 0 ? 0 : Math.max(...hosts.map(name => hostLength(name, host)))
    const isBelow = wanted.endsWith('/*')
    if (hostRank < 0 || !(isBelow ? path.startsWith(wanted.slice(0, -1)) : path === wanted)) return undefined
    if (methods.length > 0 && !methods.includes(method)) return undefined
    return [hostRank, isBelow ? wanted.length : Number.POSITIVE_INFINITY, methods.length > 0 ? 1 : 0]
  }
  let best: { readonly text: string; readonly rank: readonly number[] } | undefined
  for (const text of rules) {
    const found = rank(text)
    if (found !== undefined && (best === undefined || compare(found, best.rank) > 0)) best = { text, rank: found }
  }
  return best?.text
}

function hostLength(name: string, host: string): number {
  if (!name.startsWith('*.')) return name === host ? Number.POSITIVE_INFINITY : -1
  return host.endsWith(name.slice(1)) && host.length >= name.length ? name.length : -1
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? 0
    if (value !== against) return value > against ? 1 : -1
  }
  return 0
}

t.test('finds what trying every rule finds', async () => {
  const words = fc.constantFrom('a', 'b', '')
  const path = fc.array(words, { minLength: 1, maxLength: 4 }).map(parts => `/${parts.join('/')}`)
  const host = fc.constantFrom('-', 'a.test', 'b.a.test', '*.a.test', '*.test', 'a.test,*.b.a.test')
  const rule = fc
    .tuple(fc.constantFrom('-', 'GET', 'POST', 'GET,POST'), host, path, fc.boolean())
    .map(([methods, hosts, at, isBelow]) => `${methods} ${hosts} ${isBelow ? at.replace(/\/?$/, '/*') : at}`)
  fc.assert(
    fc.property(
      fc.uniqueArray(rule, { maxLength: 12 }),
      fc.constantFrom('GET', 'POST', 'PUT'),
      fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'test', 'x'),
      path,
      (rules, method, name, at) => {
        const found = matcherOf(...rules).find(name, method, at).route
        return found === slowly(rules, method, name, at)
      }
    ),
    { numRuns: 3_000 }
  )
})

/** How long a thousand look-ups take, in ms. */
function cost(matcher: Matcher<unknown>, host: string, path: string): number {
  const startedMs = performance.now()
  for (let count = 0; count < 1_000; count++) matcher.find(host, 'GET', path)
  return performance.now() - startedMs
}

t.test('a match costs the same among ten thousand routes and hosts', async t => {
  const matcher = new Matcher<number>()
  for (let index = 0; index < 10_000; index++) {
    matcher.add(ruleOf(`GET - /v${index}/*`), index)
    matcher.add(ruleOf(`GET host-${index}.test /*`), index)
    matcher.add(ruleOf(`GET *.wide-${index}.test /*`), index)
  }
  t.strictSame(matcher.find('x.wide-9999.test', 'GET', '/'), { route: 9_999 })
  t.strictSame(matcher.find('x', 'GET', '/v9999/a/b'), { route: 9_999 })
  for (const [host, path] of [
    ['x.wide-9999.test', '/'],
    ['host-9999.test', '/'],
    ['x.test', '/v9999/a/b'],
    ['x.test', '/missing']
  ] as const) {
    const ms = cost(matcher, host, path)
    t.ok(ms < 200, `${host}${path}: ${ms.toFixed(1)} µs each`)
  }
})

t.test('a path of 16 KiB of slashes, or a name of many labels, is looked up as cheaply', async t => {
  const matcher = matcherOf('GET - /v1/chat/*', 'GET *.a.test /*')
  for (const [host, path] of [
    ['x', '/'.repeat(16_384)],
    ['x', `/v1/chat/${'a/'.repeat(8_000)}`],
    ['x', `/${'a'.repeat(16_383)}`],
    [`${'a.'.repeat(127)}b`, '/x']
  ] as const) {
    const ms = cost(matcher, host, path)
    t.ok(ms < 1_000, `${path.length} bytes at ${host.length} bytes: ${ms.toFixed(1)} µs each`)
  }
})
