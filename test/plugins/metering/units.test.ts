import t from 'tap'
import { unitsOf } from '../../../plugins/metering/units.ts'

const measures = { requestBytes: 2_000, answerBytes: 1_025, durationMs: 1_001 }

t.test('counts what each rule names, a part as a whole', async t => {
  t.strictSame(
    unitsOf(
      [
        { unit: 'calls', per: 'request', of: 1 },
        { unit: 'kib_out', per: 'answerByte', of: 1024 },
        { unit: 'kb_in', per: 'requestByte', of: 1000 },
        { unit: 'seconds', per: 'second', of: 1 }
      ],
      measures
    ),
    { calls: 1, kib_out: 2, kb_in: 2, seconds: 2 }
  )
})

t.test('adds rules for the same unit, and counts nothing of nothing', async t => {
  const rules = [
    { unit: 'bytes', per: 'requestByte', of: 1 },
    { unit: 'bytes', per: 'answerByte', of: 1 }
  ]
  t.strictSame(unitsOf(rules, measures), { bytes: 3_025 })
  t.strictSame(unitsOf(rules, { requestBytes: 0, answerBytes: 0, durationMs: 0 }), { bytes: 0 })
})
