import t from 'tap'
import { parseBusyUs, parseEndedChildrenUs } from '../../../benchmarks/harness/neighbours.ts'

const STAT = `cpu  300 6 90 9000 50 0 12 8 0 0
cpu0 100 2 30 4500 20 0 4 3 0 0
cpu1 200 4 60 4500 30 0 8 5 0 0
intr 12345
`

t.test('a core is busy with processes and with other machines, not with waiting or interrupts', async t => {
  t.strictSame([parseBusyUs(STAT, 0), parseBusyUs(STAT, 1)], [1_350_000, 2_690_000])
})

t.test('core 1 is not core 10', async t => {
  t.equal(parseBusyUs('cpu10 1 1 1 1 1 1 1 1 0 0\ncpu1 2 0 0 0 0 0 0 0 0 0\n', 1), 20_000)
})

t.test('a core that is not there was never busy', async t => {
  t.equal(parseBusyUs(STAT, 7), 0)
})

t.test('the time of ended children is read past a name with spaces and parentheses', async t => {
  const line = '42 (a (b) c) R 1 42 42 0 -1 4194304 2820 0 0 0 41 3 17 5 20 0 7 0 175066'
  t.equal(parseEndedChildrenUs(line), 220_000)
})
