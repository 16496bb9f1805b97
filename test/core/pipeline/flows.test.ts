import fc from 'fast-check'
import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { buildFlow, type Flow, isPromise, TransformFlow, WholeFlow } from '../../../core/pipeline/flows.ts'
import { MAX_EVENT_BYTES } from '../../../core/pipeline/sse.ts'
import type { BodyObserver, ByteTransform, EventTransform, MaybePromise, SseEvent } from '../../../core/plugin.ts'
import { turns } from '../../support/upstream.ts'

/** The end of a flow: what came out, in order, `|` for its end. */
function sink() {
  const seen: string[] = []
  const flow: Flow<Uint8Array> = {
    push: bytes => void seen.push(Buffer.from(bytes).toString()),
    end: () => void seen.push('|')
  }
  return { seen, flow }
}

/** An observer that writes down what it is shown. */
function observer(name: string, seen: string[]): BodyObserver {
  return {
    event: event => void seen.push(`${name} ${event.data}`),
    chunk: bytes => void seen.push(`${name} ${Buffer.from(bytes)}`),
    end: () => {}
  }
}

const NOTHING = { isEventStream: true, upstreamTaps: [], transforms: [], clientTaps: [] }

function events(transform: EventTransform) {
  return { over: 'events', transform } as const
}

function bytes(transform: ByteTransform) {
  return { over: 'bytes', transform } as const
}

/** Adds a letter to each event, at once or later. */
function adding(letter: string, isSlow = false): EventTransform {
  const pass = (event: SseEvent, out: (event: SseEvent) => void) => out(event.with(event.data + letter))
  return {
    event: isSlow ? (event, out) => turns(1).then(() => pass(event, out)) : pass,
    end: () => {}
  }
}

/** A promise and its keys. */
function door() {
  return Promise.withResolvers<void>()
}

t.test('a promise is told from a value', async t => {
  t.strictSame([undefined, null, 0, '', {}, () => {}].map(isPromise), Array(6).fill(false))
  t.ok(isPromise(Promise.resolve()))
})

t.test('without transforms the sink gets nothing, and observers see every event once', async t => {
  const { seen, flow: end } = sink()
  const shown: string[] = []
  const { flow } = buildFlow(
    { ...NOTHING, upstreamTaps: [observer('u', shown), observer('v', shown)], clientTaps: [observer('c', shown)] },
    end
  )
  for (const piece of ['data: 1\n', '\ndata: 2\n\nda', 'ta: 3\n\n']) flow.push(Buffer.from(piece))
  flow.end()
  t.strictSame(shown, ['u 1', 'v 1', 'c 1', 'u 2', 'v 2', 'c 2', 'u 3', 'v 3', 'c 3'])
  t.strictSame(seen, [])
})

t.test('transforms stand between the observers of both sides, in order', async t => {
  const { seen, flow: end } = sink()
  const shown: string[] = []
  const plan = {
    isEventStream: true,
    upstreamTaps: [observer('u', shown)],
    transforms: [events(adding('a')), events(adding('b'))],
    clientTaps: [observer('c', shown)]
  }
  const { flow } = buildFlow(plan, end)
  t.equal(flow.push(Buffer.from('event: e\ndata: 1\n\n')), undefined, 'nobody waits')
  t.equal(flow.end(), undefined)
  t.strictSame(shown, ['u 1', 'c 1ab'])
  t.strictSame(seen, ['event: e\ndata: 1ab\n\n', '|'])
})

t.test('an event that nobody changed leaves with its own bytes', async t => {
  const { seen, flow: end } = sink()
  const same = events({ event: (event, out) => out(event), end: () => {} })
  const { flow } = buildFlow({ ...NOTHING, transforms: [same] }, end)
  const pieces = [': hm\r\n\r\n', 'data:x\r\rda', 'ta: y\n\nid:1']
  for (const piece of pieces) flow.push(Buffer.from(piece))
  flow.end()
  t.equal(seen.join(''), `${pieces.join('')}|`)
})

t.test('bytes and events can be transformed one behind the other', async t => {
  const { seen, flow: end } = sink()
  const upper = bytes({
    chunk: (chunk, out) => out(Buffer.from(Buffer.from(chunk).toString().replace('y', 'Y'))),
    end: out => out(Buffer.from('data: end\n\n'))
  })
  const { flow } = buildFlow({ ...NOTHING, transforms: [events(adding('y')), upper, events(adding('z'))] }, end)
  flow.push(Buffer.from('data: 1\n\ndata: 2\n\n'))
  flow.end()
  t.strictSame(seen, ['data: 1Yz\n\n', 'data: 2Yz\n\n', 'data: endz\n\n', '|'])
})

t.test('a transform may drop events, add some, and have the last word', async t => {
  const { seen, flow: end } = sink()
  const odd = events({
    event: (event, out) => {
      if (event.data === '1') return
      out(event)
      out(event.with('more'))
    },
    end: out => out(lastEvent)
  })
  let lastEvent: SseEvent = new Never()
  const keep = events({
    event: (event, out) => {
      lastEvent = event.with('last')
      out(event)
    },
    end: () => {}
  })
  const { flow } = buildFlow({ ...NOTHING, transforms: [keep, odd] }, end)
  flow.push(Buffer.from('data: 1\n\ndata: 2\n\n'))
  flow.end()
  t.strictSame(seen, ['data: 2\n\n', 'data: more\n\n', 'data: last\n\n', '|'])
})

/** An event before there was one. */
class Never implements SseEvent {
  readonly type = 'message'
  readonly raw = Buffer.alloc(0)
  readonly data = ''
  json(): unknown {
    return undefined
  }
  with(): SseEvent {
    return this
  }
}

t.test('order is kept however transforms wait', async () => {
  const waits = fc.array(fc.array(fc.nat({ max: 3 }), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(waits, fc.boolean(), async (delays, waitsForEach) => {
      const { seen, flow: end } = sink()
      const transforms = delays.map((delay, depth) => {
        let index = 0
        const work = (event: SseEvent, out: (event: SseEvent) => void): MaybePromise<void> => {
          const count = delay[index++] ?? 0
          if (count === 0) out(event.with(`${event.data}${depth}`))
          else return turns(count).then(() => out(event.with(`${event.data}${depth}`)))
        }
        return events({ event: work, end: () => (delay[0] === 1 ? turns(1) : undefined) })
      })
      const { flow } = buildFlow({ ...NOTHING, transforms }, end)
      for (const index of [0, 1, 2, 3, 4]) {
        const wait = flow.push(Buffer.from(`data: ${index}-\n\n`))
        if (waitsForEach) await wait
      }
      await flow.end()
      const suffix = delays.map((_turns, depth) => depth).join('')
      return seen.join('') === `${[0, 1, 2, 3, 4].map(index => `data: ${index}-${suffix}\n\n`).join('')}|`
    }),
    { numRuns: 60 }
  )
})

t.test('says to wait until what was pushed has gone through', async t => {
  const { seen, flow: end } = sink()
  const gate = door()
  const slow = events({ event: (event, out) => gate.promise.then(() => out(event)), end: () => {} })
  const { flow } = buildFlow({ ...NOTHING, transforms: [slow] }, end)
  const first = flow.push(Buffer.from('data: 1\n\n'))
  const second = flow.push(Buffer.from('data: 2\n\n'))
  const ended = flow.end()
  t.ok(isPromise(first) && isPromise(second) && isPromise(ended))
  await turns(1)
  t.strictSame(seen, [])
  gate.resolve()
  await ended
  t.strictSame(seen, ['data: 1\n\n', 'data: 2\n\n', '|'])
})

t.test('what the flow behind waits for is waited for', async t => {
  const gate = door()
  let ended = false
  const next: Flow<string> = {
    push: () => gate.promise,
    end: () => {
      ended = true
    }
  }
  const flow = new TransformFlow<string>(
    (item, out) => {
      out(item)
      out(item)
    },
    () => {},
    next
  )
  const pushed = flow.push('a')
  const end = flow.end()
  t.ok(isPromise(pushed) && isPromise(end))
  await turns(1)
  t.equal(ended, false)
  gate.resolve()
  await end
  t.equal(ended, true)
})

t.test('what a transform throws comes out of the push or the end that met it', async t => {
  const failure = new Error('no')
  const fails = (): never => {
    throw failure
  }
  const { flow: end } = sink()
  const one = Buffer.from('data: 1\n\n')
  t.throws(
    () => buildFlow({ ...NOTHING, transforms: [events({ event: fails, end: () => {} })] }, end).flow.push(one),
    failure
  )
  t.throws(
    () => buildFlow({ ...NOTHING, transforms: [events({ event: () => {}, end: fails })] }, end).flow.end(),
    failure
  )
  t.throws(
    () => buildFlow({ ...NOTHING, upstreamTaps: [{ event: fails, end: () => {} }] }, end).flow.push(one),
    failure
  )
  t.throws(() => buildFlow({ ...NOTHING, clientTaps: [{ event: fails, end: () => {} }] }, end).flow.push(one), failure)
})

t.test('a promise that fails fails everything that is pushed after it, and the end', async t => {
  const failure = new Error('no')
  const { seen, flow: end } = sink()
  const fails = events({ event: async () => Promise.reject(failure), end: () => {} })
  const { flow } = buildFlow({ ...NOTHING, transforms: [events(adding('a')), fails] }, end)
  const pushed = [flow.push(Buffer.from('data: 1\n\n')), flow.push(Buffer.from('data: 2\n\n')), flow.end()]
  for (const wait of pushed) await t.rejects(Promise.resolve(wait), failure)
  await t.rejects(Promise.resolve(flow.push(Buffer.from('data: 3\n\n'))), failure)
  t.strictSame(seen, [])
})

t.test('a failure that comes while a transform before it is still at work is not left alone', async t => {
  const failure = new Error('no')
  const { flow: end } = sink()
  const gate = door()
  const early = events({
    event: async (event, out) => {
      out(event)
      await gate.promise
    },
    end: () => {}
  })
  const fails = events({ event: () => Promise.reject(failure), end: () => {} })
  const { flow } = buildFlow({ ...NOTHING, transforms: [early, fails] }, end)
  const pushed = flow.push(Buffer.from('data: 1\n\n'))
  // An unhandled rejection would end the process here.
  await turns(3)
  gate.resolve()
  await t.rejects(Promise.resolve(pushed), failure)
})

t.test('a failure behind an event is not left alone when the next event throws', async t => {
  const { flow: end } = sink()
  let count = 0
  const plan = {
    ...NOTHING,
    upstreamTaps: [
      {
        event: () => {
          count++
          if (count === 2) throw new Error('at once')
        },
        end: () => {}
      }
    ],
    transforms: [events({ event: () => Promise.reject(new Error('later')), end: () => {} })]
  }
  t.throws(() => buildFlow(plan, end).flow.push(Buffer.from('data: 1\n\ndata: 2\n\n')), { message: 'at once' })
  await turns(3)
})

t.test('once detached, observers of the upstream go on and transforms do not', async t => {
  const { seen, flow: end } = sink()
  const shown: string[] = []
  const transformed: string[] = []
  const note = events({
    event: (event, out) => {
      transformed.push(event.data)
      out(event)
    },
    end: () => void transformed.push('end')
  })
  const plan = {
    isEventStream: true,
    upstreamTaps: [observer('u', shown)],
    transforms: [note],
    clientTaps: [observer('c', shown)]
  }
  const { flow, detach } = buildFlow(plan, end)
  flow.push(Buffer.from('data: 1\n\ndata: 2'))
  detach()
  flow.push(Buffer.from('\n\ndata: 3\n\ndata: 4'))
  flow.end()
  t.strictSame(shown, ['u 1', 'c 1', 'u 2', 'u 3', 'u 4'])
  t.strictSame([transformed, seen], [['1'], ['data: 1\n\n']])
})

t.test('other bodies are shown and transformed as bytes', async t => {
  const { seen, flow: end } = sink()
  const shown: string[] = []
  const double = bytes({
    chunk: (chunk, out) => {
      out(chunk)
      out(chunk)
    },
    end: out => out(Buffer.from('!'))
  })
  const plan = {
    isEventStream: false,
    upstreamTaps: [observer('u', shown)],
    transforms: [double],
    clientTaps: [observer('c', shown)]
  }
  const { flow } = buildFlow(plan, end)
  flow.push(Buffer.from('data: 1\n\n'))
  flow.end()
  t.strictSame(seen, ['data: 1\n\n', 'data: 1\n\n', '!', '|'])
  t.strictSame(shown, ['u data: 1\n\n', 'c data: 1\n\n', 'c data: 1\n\n', 'c !'])
})

t.test('a whole body is transformed in its place among the others', async t => {
  const { seen, flow: end } = sink()
  const shown: string[] = []
  const add = (letter: string) =>
    bytes({ chunk: (chunk, out) => out(Buffer.concat([chunk, Buffer.from(letter)])), end: () => {} })
  const whole = {
    over: 'whole',
    transform: async (body: Uint8Array) => Buffer.from(`<${Buffer.from(body)}>`)
  } as const
  const plan = {
    isEventStream: false,
    upstreamTaps: [observer('u', shown)],
    transforms: [add('a'), whole, add('b')],
    clientTaps: [observer('c', shown)]
  }
  const { flow } = buildFlow(plan, end)
  flow.push(Buffer.from('1'))
  flow.push(Buffer.from('2'))
  t.strictSame(seen, [])
  await flow.end()
  t.strictSame(seen, ['<1a2a>b', '|'])
  t.strictSame(shown, ['u 1', 'u 2', 'c <1a2a>b'])
})

t.test('a whole that becomes nothing is no item', async t => {
  const { seen, flow: end } = sink()
  const flow = new WholeFlow(() => Buffer.alloc(0), end)
  flow.push(Buffer.from('1'))
  flow.end()
  t.strictSame(seen, ['|'])
})

t.test('an event that is too long to be kept ends the flow', async t => {
  const { flow } = buildFlow({ ...NOTHING, upstreamTaps: [observer('u', [])] }, sink().flow)
  const piece = Buffer.alloc(1024 * 1024, 'x')
  let pushed = 0
  try {
    for (; pushed < 2 * MAX_EVENT_BYTES; pushed += piece.length) flow.push(piece)
    t.fail('it was kept')
  } catch (error) {
    t.ok(error instanceof Refused && error.reason === 'response_too_large')
    t.equal(pushed, MAX_EVENT_BYTES)
  }
})
