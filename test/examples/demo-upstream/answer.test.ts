import t from 'tap'
import { type Question, think, tokenize } from '../../../examples/demo-upstream/answer.ts'
import { readScript } from '../../../examples/demo-upstream/script.ts'

const WEATHER = { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
const TIME = { name: 'get_time', parameters: { type: 'object', properties: {} } }

function ask(question: Partial<Question>, directives = '', variant = 0) {
  return think(
    {
      prompt: 'good morning',
      toolResult: undefined,
      inputTokens: 7,
      outputLimit: undefined,
      stop: [],
      tools: [],
      toolChoice: 'auto',
      parallelTools: true,
      reasons: false,
      schema: undefined,
      ...question
    },
    readScript(directives),
    variant
  )
}

t.test('tokens joined again are the text', async t => {
  for (const text of ['', 'one', ' one  two\nthree ', '在这里 也一样 🙂']) t.equal(tokenize(text).join(''), text)
})

t.test('answers the same question the same way', async t => {
  const thought = ask({})
  t.strictSame(thought, ask({}))
  t.strictSame(thought, {
    reasoning: [],
    pieces: tokenize('This is the demo upstream. You sent 2 words, and the last one is "morning".'),
    calls: [],
    ending: 'stop',
    stopSequence: undefined,
    usage: { inputTokens: 7, cachedTokens: 0, outputTokens: 15, reasoningTokens: 0 }
  })
  t.equal(
    ask({ prompt: 'hi' }).pieces.join(''),
    'This is the demo upstream. You sent 1 word, and the last one is "hi".'
  )
  t.equal(ask({ prompt: ' ' }).pieces.join(''), 'This is the demo upstream. You sent no words.')
})

t.test('further answers to one question differ', async t => {
  t.match(ask({}, '', 1).pieces.join(''), /^\(2\) This is the demo upstream/)
})

t.test('is as long as it is asked to be', async t => {
  for (const tokens of [0, 1, 15, 40, 500]) t.equal(ask({}, `demo:tokens=${tokens}`).pieces.length, tokens)
  t.match(ask({}, 'demo:tokens=60').pieces.join(''), '在这里', 'with characters of several bytes')
})

t.test('ends at the limit, reasoning included', async t => {
  const thought = ask({ outputLimit: 5, reasons: true }, 'demo:reasoning=3')
  t.equal(thought.ending, 'length')
  t.equal(thought.pieces.join(''), 'This is')
  t.strictSame(thought.usage, { inputTokens: 7, cachedTokens: 0, outputTokens: 5, reasoningTokens: 3 })
  t.strictSame(ask({ outputLimit: 2, reasons: true }).pieces, [])
})

t.test('reasons when asked to, by request or by directive', async t => {
  t.equal(ask({ reasons: true }).reasoning.length, 12)
  t.equal(ask({}, 'demo:reasoning=4').reasoning.join(''), 'First I count the')
  t.equal(ask({}, 'demo:reasoning=50').usage.reasoningTokens, 50)
})

t.test('ends before the first stop sequence', async t => {
  const thought = ask({ stop: ['You', 'demo', 'nowhere', ''] })
  t.equal(thought.pieces.join(''), 'This is the ')
  t.equal(thought.ending, 'stop_sequence')
  t.equal(thought.stopSequence, 'demo')
})

t.test('calls a tool when it must, when the prompt names it and when a directive asks', async t => {
  const tools = [WEATHER, TIME]
  const names = (question: Partial<Question>, directives = '') =>
    ask({ tools, ...question }, directives).calls.map(call => call.name)
  t.strictSame(names({}), [])
  t.strictSame(names({ toolChoice: 'required' }), ['get_weather'])
  t.strictSame(names({ toolChoice: { name: 'get_time' } }), ['get_time'])
  t.strictSame(names({ prompt: 'call get_time now' }), ['get_time'])
  t.strictSame(names({}, 'demo:tools=3'), ['get_weather', 'get_time', 'get_weather'])
  t.strictSame(names({ parallelTools: false }, 'demo:tools=3'), ['get_weather'])
  t.strictSame(names({ toolChoice: 'none' }, 'demo:tools=3'), [])
  t.strictSame(names({ tools: [] }, 'demo:tools=3'), [])
  t.strictSame(names({ toolResult: 'sunny' }, 'demo:tools=3'), [])
})

t.test('a call has arguments that fit, whole and in pieces', async t => {
  const thought = ask({ tools: [WEATHER], toolChoice: 'required' })
  t.strictSame(thought.calls, [
    { name: 'get_weather', argumentsText: '{"city":"demo"}', pieces: ['{"city":', '"demo"}'] }
  ])
  t.equal(thought.ending, 'tools')
  t.equal(thought.usage.outputTokens, 3)
})

t.test('a call that is too long for the limit is not made at all', async t => {
  const thought = ask({ tools: [WEATHER], toolChoice: 'required', outputLimit: 2 })
  t.strictSame([thought.calls, thought.ending, thought.usage.outputTokens], [[], 'length', 0])
})

t.test('tells what a tool answered', async t => {
  t.equal(ask({ toolResult: 'sunny and warm' }).pieces.join(''), 'The tool answered: sunny and warm')
})

t.test('answers a schema with JSON that fits', async t => {
  t.equal(ask({ schema: WEATHER.parameters }).pieces.join(''), '{"city":"demo"}')
})

t.test('no more can come from a cache than was sent', async t => {
  t.equal(ask({}, 'demo:cached=5').usage.cachedTokens, 5)
  t.equal(ask({}, 'demo:cached=500').usage.cachedTokens, 7)
})
