import t from 'tap'
import { spreadOf } from '../../../benchmarks/harness/statistics.ts'
import { isNoisy, isTooDear, judge, verdict } from '../../../benchmarks/harness/verdict.ts'

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

t.test('what costs a fifth more than the baseline is too dear, and what could not be measured is not', async t => {
  t.strictSame([[1.1, 1.2, 1.5], [1.1, 1.21, 1.3], []].map(spreadOf).map(isTooDear), [false, true, false])
})

t.test('a guard fails what is too dear at the second look, too, on a machine that can tell', async t => {
  t.equal(judge(spreadOf([1.3, 1.31, 1.35]), QUIET), 'too dear')
  t.equal(judge(spreadOf([1.1, 1.15, 1.2]), QUIET), 'fine')
})

t.test('a guard never fails what a busy machine cannot tell', async t => {
  t.equal(judge(spreadOf([1.3, 1.31, 1.35]), spreadOf([1.2, 1.24, 1.3])), 'too noisy', 'a thing is dearer than itself')
  t.equal(judge(spreadOf([1.3, 1.31, 1.35]), spreadOf([0.6, 1, 1.6])), 'too noisy', 'a thing differs from itself')
  t.equal(judge(spreadOf([0.9, 1.3, 2]), QUIET), 'too noisy', 'rounds disagree')
  t.equal(judge(spreadOf([]), QUIET), 'fine')
})

t.test('noise is wide where a thing is not about as dear as itself', async t => {
  t.strictSame([[0.98, 1, 1.03], [1.1, 1.15, 1.2], [0.5, 1, 1.5], []].map(spreadOf).map(isNoisy), [
    false,
    true,
    true,
    true
  ])
})
