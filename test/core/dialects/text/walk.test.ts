import fc from 'fast-check'
import t from 'tap'
import {
  FORMATS,
  MAX_TEXT_DEPTH,
  type TextPlace,
  textShapesOf,
  visitText,
  visitTextOf
} from '../../../../core/dialects/index.ts'

t.test('visits each string of any value exactly once, in order, with a path that leads to it', async () => {
  const formats = fc.constantFrom(...FORMATS)
  const directions = fc.constantFrom('request', 'response', 'event')
  await fc.assert(
    fc.property(formats, directions, fc.jsonValue(), (format, direction, value) => {
      const visited: string[] = []
      const isWhole = visitTextOf(format, direction, value, place => {
        if (place.isName) return
        const found = at(value, place.path())
        if (typeof found === 'number') return
        if (found !== place.value) throw new Error(`another value at ${place.path().join('.')}`)
        visited.push(place.value)
      })
      return isWhole && JSON.stringify(visited) === JSON.stringify(stringsIn(value))
    }),
    { numRuns: 500 }
  )
})

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let found: unknown = value
  for (const step of path) {
    found =
      typeof found === 'object' && found !== null ? Object.getOwnPropertyDescriptor(found, step)?.value : undefined
  }
  return found
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}

t.test('calls everything unknown where nothing is known', async t => {
  const kinds: string[] = []
  t.ok(visitTextOf('http', 'request', { a: ['b', { c: 'd' }] }, ({ kind, value }) => kinds.push(`${value} ${kind}`)))
  t.strictSame(kinds, ['b unknown', 'd unknown'])
})

t.test('says so when something is nested too deep, and overflows no stack', async t => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}"deep"${']'.repeat(depth)}`)
  const count = (depth: number) => {
    let visited = 0
    const isWhole = visitText(undefined, nested(depth), () => visited++)
    return { visited, isWhole }
  }
  t.strictSame(count(MAX_TEXT_DEPTH), { visited: 1, isWhole: true })
  t.strictSame(count(MAX_TEXT_DEPTH + 1), { visited: 0, isWhole: false })
  t.strictSame(count(1_000_000), { visited: 0, isWhole: false })
})

t.test('members called like those of every object are members like others', async t => {
  const body = JSON.parse(
    '{"__proto__":"a","constructor":"b","messages":[{"role":"user","__proto__":{"content":"c"}}]}'
  )
  const found: string[] = []
  visitTextOf('openai-chat', 'request', body, ({ kind, value }) => found.push(`${value} ${kind}`))
  t.strictSame(found, ['a unknown', 'b unknown', 'user identifier', 'c unknown'])
})

t.test('a role may be said in any letters, and one that nobody knows is none', async t => {
  const roles: unknown[] = []
  const messages = ['USER', 'Developer', 'model', 'function', 'narrator', 7].map(role => ({ role, content: 'x' }))
  visitTextOf('openai-chat', 'request', { messages }, ({ role, kind }) => kind === 'text' && roles.push(role))
  t.strictSame(roles, ['user', 'system', 'assistant', 'tool', undefined, undefined])
})

t.test('words are restored in texts and in JSON, not in links, tokens, names and identifiers', async t => {
  const choice = {
    message: { content: 'a', tool_calls: [{ id: 'i', function: { name: 'n', arguments: '{}' } }] },
    logprobs: { content: [{ token: 'a' }] }
  }
  const body = { choices: [choice], citations: ['https://a.example'], metadata: { b: 'c' } }
  const restorable: string[] = []
  visitTextOf('openai-chat', 'response', body, ({ isRestorable, value }) => isRestorable && restorable.push(value))
  t.strictSame(restorable, ['a', '{}', 'c'])
})

t.test('the pieces of one text share a lane that no other text has', async t => {
  const lanes = (format: Parameters<typeof visitTextOf>[0], ...events: readonly unknown[]) =>
    events.map(event => {
      const found: string[] = []
      visitTextOf(format, 'event', event, place => place.isPiece && found.push(place.lane()))
      return found.join(' ')
    })
  const chat = (index: number, delta: unknown) => ({ choices: [{ index, delta }] })
  const call = (index: number) => ({ tool_calls: [{ index, function: { arguments: '{' } }] })
  const block = (index: number, delta: unknown) => ({ type: 'content_block_delta', index, delta })
  const item = (type: string, output_index: number, content_index: number) => ({
    type,
    output_index,
    content_index,
    delta: 'x'
  })
  const part = (thought: boolean) => ({ candidates: [{ content: { parts: [{ text: 'x', thought }] } }] })
  const series = [
    lanes(
      'openai-chat',
      chat(0, { content: 'a' }),
      chat(1, { content: 'a' }),
      chat(0, { refusal: 'a' }),
      chat(0, call(0)),
      chat(0, call(1))
    ),
    lanes('anthropic-messages', block(0, { text: 'a' }), block(1, { text: 'a' }), block(1, { thinking: 'a' })),
    lanes(
      'openai-responses',
      item('response.output_text.delta', 0, 0),
      item('response.output_text.delta', 1, 0),
      item('response.output_text.delta', 0, 1),
      item('response.refusal.delta', 0, 0)
    ),
    lanes('gemini', part(false), part(true))
  ]
  for (const lane of series) t.equal(new Set(lane).size, lane.length, lane.join(', '))
  const [first, second] = lanes('openai-chat', chat(1, { content: 'a' }), {
    choices: [
      { index: 0, delta: {} },
      { index: 1, delta: { content: 'b' } }
    ]
  })
  t.equal(first, second)
})

t.test('a place is one object for all, whose path is its own', async t => {
  const places: TextPlace[] = []
  const paths: unknown[] = []
  visitText(textShapesOf('openai-chat').request, { model: 'a', user: 'b' }, place => {
    places.push(place)
    paths.push(place.path())
  })
  t.equal(places[0], places[1])
  t.strictSame(paths, [['model'], ['user']])
})
