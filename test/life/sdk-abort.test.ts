import t from 'tap'
import { chat, message, outcome, type Side, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t)

/** How long the upstream may take to learn that its client has left. */
const NOTICE_MS = 1000

/** Whether the upstream saw a request broken off, within the time, counted from `leftAtMs`. */
async function noticed(next: Promise<{ ended: Promise<{ clean: boolean; atMs: number }> }>, leftAtMs: () => number) {
  const { clean, atMs } = await (await next).ended
  return { clean, inTime: atMs - leftAtMs() < NOTICE_MS }
}

t.test('a time-out of the SDK is the same, and the upstream learns of it', async t => {
  for (const directive of ['demo:first-byte=1h']) {
    const result = await sameOnBothSides(t, sides, async ({ openai, anthropic, nextSeen }) => {
      let leftAtMs = 0
      const first = nextSeen()
      const one = await outcome(openai.chat.completions.create(chat(directive), { timeout: 100 }))
      leftAtMs = performance.now()
      const seenOne = await noticed(first, () => leftAtMs)
      const second = nextSeen()
      const two = await outcome(anthropic.messages.create(message(directive), { timeout: 100 }))
      leftAtMs = performance.now()
      return { one, two, seenOne, seenTwo: await noticed(second, () => leftAtMs) }
    })
    t.match(result, {
      one: { error: { class: 'APIConnectionTimeoutError' } },
      two: { error: { class: 'APIConnectionTimeoutError' } },
      seenOne: { clean: false, inTime: true },
      seenTwo: { clean: false, inTime: true }
    })
  }
})

t.test('an abort before the answer is the same, and the upstream learns of it', async t => {
  const result = await sameOnBothSides(t, sides, async ({ openai, nextSeen }) => {
    const controller = new AbortController()
    const next = nextSeen()
    const work = outcome(openai.chat.completions.create(chat('demo:first-byte=1h'), { signal: controller.signal }))
    const { ended } = await next
    const leftAtMs = performance.now()
    controller.abort()
    const { clean, atMs } = await ended
    return { outcome: await work, clean, inTime: atMs - leftAtMs < NOTICE_MS }
  })
  t.match(result, { outcome: { error: { class: 'APIUserAbortError' } }, clean: false, inTime: true })
})

/** Reads a slow stream up to an event, leaves it in some way, and tells what each side made of it. */
async function leave<Item>(
  side: Side,
  open: (prompt: string) => PromiseLike<AsyncIterable<Item> & { controller: AbortController }>,
  events: number,
  way: 'abort' | 'break'
) {
  const next = side.nextSeen()
  const stream = await open('demo:tokens=5000 slow=1ms')
  const items: Item[] = []
  let leftAtMs = 0
  const read = async (): Promise<void> => {
    for await (const item of stream) {
      items.push(item)
      if (items.length < events) continue
      if (leftAtMs === 0) leftAtMs = performance.now()
      if (way === 'break') break
      stream.controller.abort()
    }
  }
  const ending = await outcome(read())
  return { items: items.slice(0, events), ending, seen: await noticed(next, () => leftAtMs) }
}

t.test('leaving in the middle of a stream is the same, and the upstream learns of it', async t => {
  for (const way of ['abort', 'break'] as const) {
    for (const events of [1, 2, 7, 30]) {
      const results = [
        await sameOnBothSides(t, sides, side =>
          leave(side, prompt => side.openai.chat.completions.create({ ...chat(prompt), stream: true }), events, way)
        ),
        await sameOnBothSides(t, sides, side =>
          leave(side, input => side.openai.responses.create({ model: 'demo-large', input, stream: true }), events, way)
        ),
        await sameOnBothSides(t, sides, side =>
          leave(side, prompt => side.anthropic.messages.create({ ...message(prompt), stream: true }), events, way)
        )
      ]
      for (const result of results) {
        t.equal(result.items.length, events)
        t.match(
          result,
          { ending: { value: undefined }, seen: { clean: false, inTime: true } },
          `${way} after ${events}`
        )
      }
    }
  }
})
