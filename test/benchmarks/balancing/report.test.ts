import t from 'tap'
import { plotsOf, type Section, tableOf, timesOf } from '../../../benchmarks/balancing/report.ts'

const run = (latenciesMs: readonly number[]) => ({
  latenciesMs,
  errors: 0.25,
  shares: [0.5, 0.25, 0.25],
  lateShares: [1, 0, 0]
})
const SECTION: Section = {
  scenario: { name: 'black hole', about: 'It is dark.', perSecond: 5 },
  lines: [
    { policy: 'least-latency', runs: [run([1, 2, 3]), run([2, 4, 6]), run([3, 6, 9])] },
    { policy: 'oracle', runs: [run([1, 1, 1])] }
  ]
}

t.test('a table tells medians over the seeds, with the lowest and the highest', async t => {
  const lines = tableOf(SECTION).split('\n')
  t.equal(lines[0], '## black hole')
  t.match(
    lines[6],
    /^\| least-latency \| 4 \[2–6\] \| .* \| 25\.0 % \| 50\.0 % · 25\.0 % · 25\.0 % \| 100\.0 % · 0\.0 % · 0\.0 % \|$/
  )
  const [first] = SECTION.lines
  t.match(first && timesOf(first, 0.5), { median: 4, low: 2, high: 6, rounds: 3 })
})

t.test('each world has a plot for each quantile, and one for the share of the first server', async t => {
  const plots = plotsOf(SECTION)
  t.strictSame(
    plots.map(({ file }) => file),
    ['black-hole-p50.svg', 'black-hole-p95.svg', 'black-hole-p99.svg', 'black-hole-share.svg']
  )
  for (const { content } of plots) t.match(content, /^<svg .*least-latency.*oracle/s)
})
