import t from 'tap'
import { buildFlow } from '../../../core/pipeline/flows.ts'
import { AttachedBody, type Turn } from '../../../core/pipeline/response-body.ts'
import type { BodyObserver } from '../../../core/plugin.ts'
import { stepOf } from '../../support/plans.ts'

const NOTHING: BodyObserver = { end: () => {} }
const SAME = { event: () => {}, chunk: () => {}, end: () => {} }

/** A body that the plugin which runs now may read. */
function bodyOf(isEventStream: boolean, turn?: Turn): AttachedBody {
  const body = new AttachedBody(isEventStream, turn)
  body.readable = true
  return body
}

t.test('nobody attaches to a body without declaring it', async t => {
  const body = new AttachedBody(true)
  for (const attach of [
    () => body.observe(NOTHING, 'upstream'),
    () => body.transformWhole(bytes => bytes),
    () => body.transformEvents(SAME),
    () => body.transformBytes(SAME)
  ]) {
    t.throws(attach, { code: 'TACIT_DATA_UNDECLARED' })
  }
  t.equal(body.isUntouched, true)
})

t.test('says what was attached', async t => {
  const says = ({ isUntouched, rewrites, isCollected }: AttachedBody) => ({ isUntouched, rewrites, isCollected })
  const observed = bodyOf(false)
  observed.observe(NOTHING, 'client')
  t.strictSame(says(observed), { isUntouched: false, rewrites: false, isCollected: false })
  const rewritten = bodyOf(false)
  rewritten.transformBytes(SAME)
  t.strictSame(says(rewritten), { isUntouched: false, rewrites: true, isCollected: false })
  const collected = bodyOf(false)
  collected.transformWhole(bytes => bytes)
  t.strictSame(says(collected), { isUntouched: false, rewrites: true, isCollected: true })
})

t.test('what is for another kind of body is left out', async t => {
  const stream = bodyOf(true)
  stream.transformWhole(bytes => bytes)
  t.equal(stream.isUntouched, true)
  stream.transformEvents(SAME)
  t.equal(stream.rewrites, true)
  const other = bodyOf(false)
  other.transformEvents(SAME)
  t.equal(other.isUntouched, true)
})

t.test('transforms run in the order in which they were attached', async t => {
  const body = bodyOf(false)
  const add = (letter: string) => (bytes: Uint8Array) => Buffer.from(`${Buffer.from(bytes)}${letter}`)
  body.transformWhole(add('a'))
  body.transformBytes({ chunk: (bytes, out) => out(add('b')(bytes)), end: () => {} })
  body.transformWhole(async bytes => add('c')(bytes))
  const sent: string[] = []
  const { flow } = buildFlow(body, { push: bytes => void sent.push(Buffer.from(bytes).toString()), end: () => {} })
  flow.push(Buffer.from('1'))
  await flow.end()
  t.strictSame(sent, ['1abc'])
})

t.test('every observer is told the end once, even when another one throws', async t => {
  const body = bodyOf(true)
  const told: string[] = []
  body.observe({ end: clean => void told.push(`c ${clean}`) }, 'client')
  const fails = {
    end: (): never => {
      throw new Error('no')
    }
  }
  body.observe(fails, 'upstream')
  body.observe({ end: clean => void told.push(`u ${clean}`) }, 'upstream')
  t.throws(() => body.endObservers(false), { message: 'no' })
  t.strictSame(told, ['u false', 'c false'])
  body.endObservers(true)
  t.equal(told.length, 2)
})

t.test('whatever is called is called in the turn of the plugin that attached it', async t => {
  const turn: Turn = { step: undefined }
  const body = bodyOf(true, turn)
  const names: string[] = []
  const note = (): void => {
    names.push(turn.step?.name ?? 'nobody')
  }
  turn.step = stepOf('first')
  body.observe({ event: note, end: note }, 'upstream')
  body.transformEvents({ event: note, end: note })
  turn.step = stepOf('second')
  body.transformBytes({ chunk: note, end: note })
  body.observe({ event: note, end: note }, 'upstream')
  turn.step = stepOf('last')
  const { flow } = buildFlow(body, { push: () => {}, end: () => {} })
  flow.push(Buffer.from('data: 1\n\n'))
  flow.end()
  body.endObservers(true)
  t.strictSame(names, ['first', 'second', 'first', 'first', 'second', 'first', 'second'])
})

t.test('so it is for bodies in chunks and as a whole', async t => {
  const turn: Turn = { step: stepOf('mine') }
  const body = bodyOf(false, turn)
  const names: (string | undefined)[] = []
  body.observe({ chunk: () => void names.push(turn.step?.name), end: () => {} }, 'client')
  body.transformWhole(bytes => {
    names.push(turn.step?.name)
    return bytes
  })
  turn.step = undefined
  const { flow } = buildFlow(body, { push: () => {}, end: () => {} })
  flow.push(Buffer.from('1'))
  turn.step = undefined
  flow.end()
  t.strictSame(names, ['mine', 'mine'])
})
