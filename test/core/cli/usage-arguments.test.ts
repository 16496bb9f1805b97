import t from 'tap'
import { usageFrom } from '../../../core/cli/usage-arguments.ts'

t.test('says nothing when nothing was said', async t => {
  t.equal(usageFrom({}), undefined)
})

t.test('what was not said is none', async t => {
  t.strictSame(usageFrom({ input: '1200', cacheWriteLong: '3', audioOutput: '4', unit: ['searches=2', 'images=1'] }), {
    inputTokens: 1200,
    cacheReadTokens: 0,
    cacheWriteTokens: { short: 0, long: 3 },
    outputTokens: 0,
    reasoningTokens: 0,
    audioTokens: { input: 0, output: 4 },
    units: { searches: 2, images: 1 },
    source: 'reported'
  })
})

t.test('a count that is none is refused', async t => {
  for (const input of ['-1', '1.5', '1e3', '', 'ten', '9007199254740992', ' 1']) {
    t.throws(() => usageFrom({ input }), { code: 'TACIT_ARGUMENT_INVALID' }, input)
  }
  for (const unit of ['searches', 'searches=', '=1', 'searches=-1', 'a b=1']) {
    t.throws(() => usageFrom({ unit: [unit] }), { code: 'TACIT_ARGUMENT_INVALID' }, unit)
  }
})
