/** What small parts of the hot path cost by themselves: matcher, SSE parser, dispatch of a phase. */
import { Type } from '@sinclair/typebox'
import { alternate, type Scenario } from '../harness/bench.ts'
import { Helper } from '../harness/errands.ts'
import { GATEWAY_CORE } from '../harness/machine.ts'
import { cell } from '../harness/report.ts'
import { spreadOf } from '../harness/statistics.ts'
import { CASES } from '../micro/cases.ts'

/** Parts without sockets. */
export const micro: Scenario = {
  name: 'micro',
  summary: 'CPU of matcher, SSE parser and dispatch, by themselves.',
  async run(bench) {
    const [rounds, ms] = bench.isFull ? [9, 400] : [5, 60]
    const file = new URL('../micro/worker.ts', import.meta.url)
    const worker = new Helper(bench.children, GATEWAY_CORE, file)
    const twin = new Helper(bench.children, GATEWAY_CORE, file)
    const names = CASES.map(({ name }) => name)
    try {
      const samples = await alternate(names, rounds, async (name, round) => {
        bench.say(`micro: round ${round + 1} of ${rounds}, ${name}`)
        const ask = (helper: Helper) => helper.ask('measure', { name, ms }, Type.Number())
        // One after the other: at once they would take the core from each other.
        return { ns: await ask(worker), again: await ask(twin) }
      })
      const spread = (index: number, of: 'ns' | 'again') => spreadOf((samples[index] ?? []).map(each => each[of]))
      return [
        {
          title: 'Micro: CPU by itself',
          notes: [
            `${rounds} rounds of ${ms} ms each, order reversed each round. "again" is noise: the same in another process.`
          ],
          head: ['', 'ns', 'ns, again'],
          rows: names.map((name, index) => [name, cell(spread(index, 'ns')), cell(spread(index, 'again'))]),
          raw: names.map((name, index) => ({ case: name, samples: samples[index] })),
          plots: [
            {
              file: 'micro',
              title: 'CPU of small parts of the hot path',
              axis: 'ns',
              marks: names.map((label, index) => ({ label, spread: spread(index, 'ns'), isOurs: true }))
            }
          ]
        }
      ]
    } finally {
      await Promise.all([worker.stop(), twin.stop()])
    }
  }
}
