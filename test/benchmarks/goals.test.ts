import t from 'tap'
import { GOALS, type Goal, goalsSection, outcome } from '../../benchmarks/goals.ts'
import { spreadOf } from '../../benchmarks/harness/statistics.ts'

const MOST: Goal = { title: 'cost', figure: 'cost', bound: 'most', must: 10, aim: 5 }
const LEAST: Goal = { title: 'gain', figure: 'gain', bound: 'least', must: 2, aim: 3 }

function of(rounds: readonly number[], isDoubted = false) {
  return { spread: spreadOf(rounds), isDoubted }
}

t.test('a steady figure is judged by its median', async t => {
  t.equal(outcome(MOST, of([9, 9.5, 10.2])), 'met')
  t.equal(outcome(MOST, of([4.8, 4.9, 5.1])), 'met, and the aim')
  t.equal(outcome(MOST, of([9.8, 10.5, 11])), 'not met')
  t.equal(outcome(LEAST, of([1.9, 2.1, 2.2])), 'met')
  t.equal(outcome(LEAST, of([1.7, 1.8, 1.9])), 'not met')
})

t.test('an unsteady figure decides only where all rounds agree', async t => {
  t.equal(outcome(MOST, of([2, 6, 9])), 'met')
  t.equal(outcome(MOST, of([5, 9, 15])), 'too noisy')
  t.equal(outcome(MOST, of([11, 20, 40])), 'not met')
})

t.test('what neighbours have spoilt is no failure, but may be a success', async t => {
  t.equal(outcome(MOST, of([11, 11, 11], true)), 'too noisy')
  t.equal(outcome(MOST, of([9, 9, 9], true)), 'met')
})

t.test('what was not measured is said to be so', async t => {
  t.equal(outcome(MOST, undefined), 'not measured')
  t.equal(outcome(MOST, of([])), 'not measured')
  const { rows } = goalsSection([])
  t.equal(rows.length, GOALS.length)
  t.ok(rows.every(row => row.at(-1) === 'not measured'))
})

t.test('a goal finds its figure, and shows it in its own unit', async t => {
  const goal = GOALS.find(each => each.scale === 1e6)
  t.ok(goal)
  if (goal === undefined) return
  const { rows } = goalsSection([{ figures: [{ name: goal.figure, ...of([80e6, 81e6, 82e6]) }] }])
  t.strictSame(rows[GOALS.indexOf(goal)]?.slice(-2), ['81.0 [80.0–82.0]', 'met, and the aim'])
})

t.test('no aim is easier than what must be', async t => {
  t.ok(GOALS.every(({ bound, must, aim }) => (bound === 'most' ? aim <= must : aim >= must)))
  t.equal(new Set(GOALS.map(each => each.figure)).size, GOALS.length, 'each goal has a figure of its own')
})
