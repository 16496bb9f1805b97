/** The clock by hand that plugins' tests use too. */
export { ManualClock } from '../../core/testing/manual-clock.ts'
