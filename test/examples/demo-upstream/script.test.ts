import t from 'tap'
import { readScript, scriptFor } from '../../../examples/demo-upstream/script.ts'

const OBEDIENT = {
  errorStatus: undefined,
  pageStatus: undefined,
  retryAfterMs: undefined,
  times: undefined,
  at: undefined,
  cutAfter: undefined,
  streamErrorAfter: undefined,
  slowMs: 0,
  firstByteMs: 0,
  tokens: undefined,
  tools: undefined,
  reasoning: undefined,
  cached: undefined
}

t.test('a text without directives asks for nothing', async t => {
  t.strictSame(readScript('demo-large', 'a=b and tokens=5 of a demo'), OBEDIENT)
})

t.test('reads every directive', async t => {
  const text =
    'Please demo:error=429 demo:status=503 demo:retry-after=2 demo:times=1 demo:at=north demo:cut=5 demo:stream-error=3 ' +
    'demo:slow=200ms demo:first-byte=1.5s demo:tokens=200 demo:tools=2 demo:reasoning=20 demo:cached=10 thanks'
  t.strictSame(readScript(text), {
    errorStatus: 429,
    pageStatus: 503,
    retryAfterMs: 2000,
    times: 1,
    at: 'north',
    cutAfter: 5,
    streamErrorAfter: 3,
    slowMs: 200,
    firstByteMs: 1500,
    tokens: 200,
    tools: 2,
    reasoning: 20,
    cached: 10
  })
})

t.test('the words right behind a directive may leave the mark away, and no others', async t => {
  t.strictSame(readScript('demo:error=429 retry-after=20ms and cut=5'), {
    ...OBEDIENT,
    errorStatus: 429,
    retryAfterMs: 20
  })
})

t.test('a name of a model is read like a text', async t => {
  t.strictSame(readScript('demo:error=529', 'hello'), { ...OBEDIENT, errorStatus: 529 })
})

t.test('a directive that is not known, or not well-formed, is refused', async t => {
  for (const [text, message] of [
    ['demo:eror=429', /"demo:eror" is not known/],
    ['demo:error', /"demo:error" is not a directive/],
    ['demo:error=200', /status from 400 to 599/],
    ['demo:cut=many', /whole number/],
    ['demo:tokens=1000000', /whole number/],
    ['demo:slow=2d', /duration/],
    ['demo:slow=2h', /duration/]
  ] as const) {
    t.throws(() => readScript(text), { name: 'BadRequest', message }, text)
  }
})

t.test('faults hold only at the upstream and for the tries that they are meant for', async t => {
  const script = readScript('demo:error=503 at=north times=1 tokens=3')
  t.equal(scriptFor(script, 'north', 0), script)
  t.strictSame(scriptFor(script, 'south', 0), { ...script, errorStatus: undefined })
  t.strictSame(scriptFor(script, 'north', 1), { ...script, errorStatus: undefined })
})
