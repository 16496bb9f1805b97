/** The checks that an exchange is put through, one function each. How an exchange is run is in `passage.ts`. */
import { isDeepStrictEqual } from 'node:util'
import { type Outcome, Passage, type Subject, type Way } from './passage.ts'
import { turns } from './promises.ts'
import type { ContractCheck, Findings } from './report.ts'

/** Makes instances of the plugin, for one exchange. */
export interface Trial {
  /** Name of the exchange. */
  readonly name: string
  readonly findings: Findings
  /** The response's body as it came from the upstream. */
  readonly body: Uint8Array
  readonly isEventStream: boolean
  readonly isCut: boolean
  /** Sets an instance up, hands it to `work`, and closes it. */
  with<Value>(isSlow: boolean, work: (subject: Subject) => Promise<Value>): Promise<Value>
}

/** How long a slow reader takes for each piece, in ms, and the steps in which that time passes. */
const READ_MS = 30_000
const READ_STEP_MS = 5_000

/** Runs the exchange twice over one instance; every other check compares with this. */
export async function checkPhases(trial: Trial): Promise<readonly [first: Outcome, second: Outcome]> {
  const whole = [trial.body]
  const fast = await trial.with(
    false,
    async subject =>
      [
        await run(trial, 'phases', subject, { pieces: whole }),
        await run(trial, 'phases', subject, { pieces: whole })
      ] as const
  )
  const slow = await trial.with(true, subject => run(trial, 'phases', subject, { pieces: whole }))
  compare(trial, 'phases', fast[0], slow, 'when it has to wait for its host')
  return fast
}

/** Splits the body into two pieces at every byte, and into single bytes. */
export async function checkBodies(trial: Trial, expected: Outcome): Promise<void> {
  const { body } = trial
  for (let at = 1; at < body.length; at++) {
    const pieces = [body.subarray(0, at), body.subarray(at)]
    const outcome = await trial.with(false, subject => run(trial, 'bodies', subject, { pieces }))
    if (!compare(trial, 'bodies', expected, outcome, `when its bytes are split at ${at}`)) break
  }
  const single = await trial.with(false, subject => run(trial, 'bodies', subject, { pieces: bytesOf(body) }))
  compare(trial, 'bodies', expected, single, 'when its bytes come one by one')
}

/** Lets the client leave at every point, and the upstream break off after every byte. */
export async function checkAborts(trial: Trial): Promise<void> {
  const { body } = trial
  const pieces = halves(body)
  let points = Number.POSITIVE_INFINITY
  for (let leaving = 0; leaving < points; leaving++) {
    points = await trial.with(true, async subject => {
      const at: Way['at'] = (passage, point) => {
        if (point === leaving) passage.leave()
      }
      const passage = new Passage(subject, { pieces, at })
      await passage.run()
      trial.findings.ran('aborts')
      // Whoever comes next does not suffer for it.
      await run(trial, 'aborts', subject, { pieces })
      return passage.points
    })
  }
  for (let length = 0; length < body.length; length++) {
    const cut = [body.subarray(0, length)].filter(piece => piece.length > 0)
    await trial.with(false, subject => run(trial, 'aborts', subject, { pieces: cut, isCut: true }))
  }
}

/** Lets the client take its time for each piece. */
export async function checkSlowReader(trial: Trial, expected: Outcome): Promise<void> {
  const pieces = trial.isEventStream ? eventsOf(trial.body) : halves(trial.body)
  await trial.with(false, async subject => {
    const client = async () => {
      subject.driven.clock.advance(READ_MS, READ_STEP_MS)
      await turns()
    }
    const passage = new Passage(subject, { pieces, client })
    const outcome = await passage.run()
    trial.findings.ran('slow-reader')
    compare(trial, 'slow-reader', expected, outcome, 'when the client reads slowly')
    const isStream = trial.isEventStream && pieces.length > 2
    if (isStream && passage.early === 0 && outcome.body !== undefined && outcome.body !== '') {
      trial.findings.add('slow-reader', trial.name, 'holds the whole stream back until its end')
    }
  })
}

/** Sets the next instance up and closes this one at every point of an exchange that uses the next. */
export async function checkReload(trial: Trial, expected: readonly [Outcome, Outcome]): Promise<void> {
  const pieces = halves(trial.body)
  let points = Number.POSITIVE_INFINITY
  for (let closing = 0; closing < points; closing++) {
    points = await trial.with(true, async old => {
      const before = await run(trial, 'reload', old, { pieces })
      compare(trial, 'reload', expected[0], before, 'before a reload')
      return trial.with(true, async next => {
        const at: Way['at'] = async (_passage, point) => {
          if (point === closing) await old.driven.close()
        }
        const passage = new Passage(next, { pieces, at })
        compare(trial, 'reload', expected[0], await passage.run(), 'when the instance before it is closed meanwhile')
        trial.findings.ran('reload')
        next.driven.clock.advance(READ_MS, READ_STEP_MS)
        old.driven.clock.advance(READ_MS, READ_STEP_MS)
        await turns()
        return passage.points
      })
    })
  }
}

async function run(trial: Trial, check: ContractCheck, subject: Subject, way: Way): Promise<Outcome> {
  trial.findings.ran(check)
  return new Passage(subject, { isCut: trial.isCut, ...way }).run()
}

/** Notes in which part two outcomes differ. @returns whether they are the same. */
function compare(trial: Trial, check: ContractCheck, expected: Outcome, got: Outcome, when: string): boolean {
  for (const [part, name] of PARTS) {
    if (isDeepStrictEqual(expected[part], got[part])) continue
    trial.findings.add(check, trial.name, `${name} is another ${when}`)
    return false
  }
  return true
}

const PARTS: readonly (readonly [keyof Outcome, string])[] = [
  ['refused', 'the refusal'],
  ['answered', 'the answer'],
  ['peer', 'the peer'],
  ['request', 'the request to the upstream'],
  ['response', 'the head of the response'],
  ['body', 'the body of the response']
]

function bytesOf(body: Uint8Array): readonly Uint8Array[] {
  return Array.from(body, (_byte, index) => body.subarray(index, index + 1))
}

/** So that there is a point in the middle. */
function halves(body: Uint8Array): readonly Uint8Array[] {
  const middle = body.length >> 1
  return [body.subarray(0, middle), body.subarray(middle)].filter(piece => piece.length > 0)
}

function eventsOf(body: Uint8Array): readonly Uint8Array[] {
  return Buffer.from(body)
    .toString('latin1')
    .split(/(?<=\n\r?\n)/)
    .map(event => Buffer.from(event, 'latin1'))
}
