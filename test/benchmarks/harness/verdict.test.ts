import t from 'tap'
import { spreadOf } from '../../../benchmarks/harness/statistics.ts'
import { isTooDear, verdict } from '../../../benchmarks/harness/verdict.ts'

const QUIET = spreadOf([0.99, 1, 1.02])

t.test('a ratio beyond the noise on which all rounds agree is a difference', async t => {
  t.equal(verdict(spreadOf([1.04, 1.06, 1.05]), QUIET), 'dearer')
  t.equal(verdict(spreadOf([0.9, 0.92, 0.97]), QUIET), 'cheaper')
})

t.test('a ratio within the noise is none', async t => {
  t.equal(verdict(spreadOf([1.01, 1.015, 1.02]), QUIET), 'no difference beyond noise')
})

t.test('rounds on both sides of 1 show no difference', async t => {
  t.equal(verdict(spreadOf([0.98, 1.05, 1.06]), QUIET), 'no difference beyond noise')
})

t.test('rounds that disagree show nothing, and neither do ones measured in noise', async t => {
  t.equal(verdict(spreadOf([1, 1.5, 2]), QUIET), 'too noisy to say')
  t.equal(verdict(spreadOf([1.5, 1.5, 1.5]), spreadOf([0.5, 1, 1.5])), 'too noisy to say')
})

t.test('what costs a fifth more than the baseline is too dear, and so is what could not be measured', async t => {
  t.strictSame([[1.1, 1.2, 1.5], [1.1, 1.21, 1.3], []].map(spreadOf).map(isTooDear), [false, true, true])
})
