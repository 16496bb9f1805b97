import t from 'tap'
import type { UsageReading } from '../../../core/dialects/index.ts'
import type { EndReason } from '../../../core/plugin.ts'
import { type Ending, NO_USAGE, usageAt } from '../../../plugins/metering/ending.ts'
import type { Told } from '../../../plugins/metering/meter.ts'

const reading = (parts: Partial<UsageReading> = {}): UsageReading => ({
  usage: { ...NO_USAGE, inputTokens: 100, cacheReadTokens: 9, outputTokens: 20, source: 'reported' },
  hasInput: true,
  hasOutput: true,
  isFinal: true,
  billed: undefined,
  others: [],
  ...parts
})
const told = (parts: Partial<Told> = {}): Told => ({
  reading: undefined,
  saidBytes: 0,
  saidPieces: 0,
  isError: false,
  ...parts
})
const at = (reason: EndReason, answer: Told | undefined, parts: Partial<Ending> = {}) => {
  const { inputTokens, cacheReadTokens, outputTokens, source } = usageAt({
    reason,
    isSent: true,
    hasTokens: true,
    told: answer,
    countInput: () => 50,
    units: NO_USAGE.units,
    ...parts
  })
  return [inputTokens, cacheReadTokens, outputTokens, source]
}
const NOTHING = [0, 0, 0, 'counted']
const CUT: readonly EndReason[] = [
  'client_gone',
  'upstream_cut',
  'error_in_stream',
  'deadline',
  'shutdown',
  'plugin_failed'
]
const SAID = told({ saidBytes: 44, saidPieces: 3 })

t.test('refused, or never answered: nothing', async t => {
  const reasons: readonly EndReason[] = [
    'refused',
    'no_upstream',
    'deadline',
    'plugin_failed',
    'gateway_failed',
    'complete'
  ]
  for (const reason of reasons) t.strictSame(at(reason, undefined), NOTHING, reason)
})

t.test('complete: what the provider reported, an explicit 0 like any other figure', async t => {
  t.strictSame(at('complete', told({ reading: reading(), saidBytes: 4_000 })), [100, 9, 20, 'reported'])
  const empty = reading({ usage: { ...NO_USAGE, source: 'reported' } })
  t.strictSame(at('complete', told({ reading: empty, saidBytes: 4_000 })), [0, 0, 0, 'reported'])
})

t.test('complete without a word on usage: what was sent and received', async t => {
  t.strictSame(at('complete', SAID), [50, 0, 10, 'counted'])
})

t.test('the client has gone before the answer began: what was sent, if anything was', async t => {
  t.strictSame(at('client_gone', undefined), [50, 0, 0, 'counted'])
  t.strictSame(at('client_gone', undefined, { isSent: false }), NOTHING)
})

t.test('cut by whoever it was: what was sent and received', async t => {
  for (const reason of CUT) t.strictSame(at(reason, SAID), [50, 0, 10, 'counted'], reason)
})

t.test('cut after figures: those, and what was said since', async t => {
  const early = reading({ isFinal: false })
  for (const reason of CUT) {
    t.strictSame(at(reason, told({ reading: early, saidBytes: 44, saidPieces: 3 })), [100, 9, 30, 'counted'], reason)
  }
})

t.test('drained to its end: what the provider reported', async t => {
  t.strictSame(at('client_gone', told({ reading: reading(), saidBytes: 44 })), [100, 9, 20, 'reported'])
})

t.test('an error inside the stream before it said anything: nothing; after a word, that word', async t => {
  t.strictSame(at('error_in_stream', told()), NOTHING)
  t.strictSame(at('error_in_stream', SAID), [50, 0, 10, 'counted'])
})

t.test('an error in place of an answer: nothing', async t => {
  t.strictSame(at('complete', told({ isError: true, saidBytes: 500 })), NOTHING)
})

t.test('one side that was told is not counted', async t => {
  t.strictSame(
    at('complete', told({ reading: reading({ hasOutput: false, usage: { ...NO_USAGE, inputTokens: 8 } }) })),
    [8, 0, 0, 'reported']
  )
  const onlyOutput = reading({ hasInput: false, usage: { ...NO_USAGE, outputTokens: 20, source: 'reported' } })
  t.strictSame(at('complete', told({ reading: onlyOutput })), [50, 0, 20, 'counted'])
})

t.test('what has no tokens is not counted any, and units stand beside whatever was read', async t => {
  t.strictSame(at('complete', told(), { hasTokens: false }), NOTHING)
  const pictures = reading({ hasInput: false, hasOutput: false, usage: { ...NO_USAGE, units: { images: 2 } } })
  const usage = usageAt({
    reason: 'complete',
    isSent: true,
    hasTokens: true,
    told: told({ reading: pictures }),
    countInput: () => 50,
    units: { calls: 1 }
  })
  t.match(usage, { inputTokens: 0, outputTokens: 0, units: { images: 2, calls: 1 } })
})

t.test('tells nothing apart from an answer that has no tokens: that may cost something by itself', async t => {
  const ending = {
    reason: 'complete',
    isSent: true,
    hasTokens: false,
    countInput: () => 1,
    units: NO_USAGE.units
  } as const
  t.equal(usageAt({ ...ending, told: undefined }), NO_USAGE)
  t.not(usageAt({ ...ending, told: told() }), NO_USAGE)
})
