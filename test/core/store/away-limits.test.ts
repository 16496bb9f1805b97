import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { AwayLimits } from '../../../core/store/away-limits.ts'
import { ManualClock } from '../../support/clock.ts'

const claim = (part: Partial<Claim>): Claim => ({
  counter: 'a/b/c',
  algorithm: 'total',
  limit: 10,
  amount: 1,
  ...part
})

t.test('one claim that says deny refuses all, and is named', async t => {
  const away = new AwayLimits(new ManualClock(), 1)
  t.match(away.hold({}, [claim({ away: 'allow' }), claim({})]), { granted: false, claim: 1, cause: 'store' })
  t.match(away.hold({}, [claim({ away: 'allow' }), claim({ shadow: true })]), { granted: true, unsure: true })
})

t.test('what is allowed passes without counting', async t => {
  const away = new AwayLimits(new ManualClock(), 1)
  for (let call = 0; call < 20; call++) {
    t.match(away.hold({}, [claim({ away: 'allow', amount: 9 })]), { granted: true, remaining: [10], resetMs: [0] })
  }
})

t.test('what is local counts to the share of this gateway', async t => {
  const away = new AwayLimits(new ManualClock(), 4)
  const local = claim({ away: 'local' })
  const first = away.hold({}, [claim({ away: 'allow', counter: 'x' }), local])
  t.match(first, { granted: true, unsure: true, remaining: [10, 1] })
  t.match(away.hold({}, [local]), { granted: true, remaining: [0] })
  t.match(away.hold({}, [claim({ away: 'allow', counter: 'x' }), local]), { granted: false, claim: 1, cause: 'limit' })
  if (first.granted) first.settle([0, 0])
  t.match(away.hold({}, [local]), { granted: true })
  const single = { algorithm: 'gcra', windowMs: 1_000, limit: 3, burst: 1, away: 'local', counter: 'y' } as const
  t.match(away.hold({}, [claim(single)]), { granted: true, remaining: [0] }, 'a share is one at least')
  t.match(away.hold({}, [claim({ away: 'local', limit: 0, counter: 'z' })]), { granted: false }, 'but none of nothing')
})
