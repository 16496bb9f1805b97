import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { Calls } from '../../../core/processes/calls.ts'

interface Table {
  double(value: number): Promise<number>
  fail(kind: 'ours' | 'other'): void
  note(text: string): void
}

/** Two ends of one channel; what is sent arrives in a later turn, cloned as between processes. */
function ends() {
  const noted: string[] = []
  const there: Calls<Table> = new Calls<Table>(message => carry(message, here), {
    double: async (value: number) => value * 2,
    fail(kind: 'ours' | 'other') {
      throw kind === 'ours' ? new GatewayError('TACIT_TIDE_OUT', 'The tide is out.', 'Wait.') : new Error('canary')
    },
    note: (text: string) => noted.push(text)
  })
  const here: Calls<Table> = new Calls<Table>(message => carry(message, there), {})
  return { here, there, noted }
}

function carry(message: unknown, to: Calls<Table>): void {
  const cloned: unknown = structuredClone(message)
  queueMicrotask(() => to.received(cloned))
}

t.test('brings each call its own answer', async t => {
  const { here } = ends()
  t.strictSame(await Promise.all([here.call('double', 1), here.call('double', 2)]), [2, 4])
})

t.test('brings faults of the gateway as they are, and of others the code only', async t => {
  const { here } = ends()
  await t.rejects(here.call('fail', 'ours'), { code: 'TACIT_TIDE_OUT', message: 'The tide is out.', cure: 'Wait.' })
  await t.rejects(here.call('fail', 'other'), {
    code: 'TACIT_PROCESS_FAULT',
    message: 'Another process failed (Error).'
  })
})

t.test('tells without waiting, and hears no fault of it', async t => {
  const { here, noted } = ends()
  here.tell('note', 'one')
  here.tell('fail', 'other')
  t.equal(await here.call('double', 1), 2)
  t.strictSame(noted, ['one'])
})

t.test('refuses what the other end cannot do, and passes over what is no message', async t => {
  const { here, there } = ends()
  await t.rejects(there.call('double', 1), { code: 'TACIT_CALL_UNKNOWN' })
  for (const message of [undefined, null, 'text', 7, {}, { answer: 99, value: 1 }, { fault: 98 }])
    here.received(message)
  t.equal(await here.call('double', 3), 6)
})

t.test('who waits is told when the other end is gone, and so is who asks after that', async t => {
  const { here, noted } = ends()
  const waiting = here.call('double', 1)
  here.end()
  await t.rejects(waiting, { code: 'TACIT_PROCESS_GONE' })
  await t.rejects(here.call('double', 1), { code: 'TACIT_PROCESS_GONE' })
  here.tell('note', 'late')
  await new Promise(setImmediate)
  t.strictSame(noted, [])
})
