import t from 'tap'
import { FORMATS, type Format, readingFactsOf, visitTextOf } from '../../../core/dialects/index.ts'
import { hasCorpus, readCorpus } from '../../support/corpus.ts'
import { type RecordedBody, recordedBodies, recordedFormat } from '../../support/recorded-bodies.ts'

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('always has the same facts of a format, and none of them throws', async t => {
  for (const format of [...FORMATS, 'http'] as const) {
    const facts = readingFactsOf(format)
    t.equal(facts, readingFactsOf(format))
    for (const data of ['', '[DONE]', '{', '[]', 'null', '{"error":null}', '{"a":"ERROR"}']) {
      t.equal(typeof facts.commits('message', data), 'boolean', format)
      facts.streamError('message', data)
    }
    for (const body of [undefined, null, 'text', 7, [], {}, { error: null }])
      t.equal(facts.bodyError(body), undefined, format)
  }
})

t.test('takes every recorded error for one, and no recorded answer', { skip }, async t => {
  let errors = 0
  for (const recording of await readCorpus()) {
    const { bodyError } = readingFactsOf(recordedFormat(recording))
    for (const { direction, value } of recordedBodies(recording).bodies) {
      if (direction !== 'response') continue
      const error = bodyError(value)
      if (recording.status < 400) t.equal(error, undefined, recording.id)
      else {
        errors++
        t.ok(error, `${recording.id} ${recording.status}`)
      }
    }
  }
  t.comment(`${errors} errors`)
  t.ok(errors > 50)
})

/** Formats whose streams the gateway's own dialects do not cover. */
const READ_ONLY: readonly Format[] = ['gemini-interactions', 'cohere', 'ollama', 'bedrock-converse', 'bedrock-invoke']

t.test('commits to every recorded stream at its first content, and nowhere before', { skip }, async t => {
  const counts: Partial<Record<Format, number>> = {}
  for (const recording of await readCorpus()) {
    const format = recordedFormat(recording)
    const events = recordedBodies(recording).bodies.filter(({ direction }) => direction === 'event')
    if (!READ_ONLY.includes(format) || events.length === 0) continue
    counts[format] = (counts[format] ?? 0) + 1
    const { commits, streamError } = readingFactsOf(format)
    const commitAt = events.findIndex(({ type, value }) => commits(type, JSON.stringify(value)))
    const contentAt = events.findIndex(event => saysSomething(format, event))
    if (contentAt === -1) t.ok(commitAt >= events.length - 2, `${recording.id}: commits only to its end`)
    else t.equal(commitAt, contentAt, recording.id)
    for (const { type, value } of events) t.equal(streamError(type, JSON.stringify(value)), undefined, recording.id)
  }
  t.comment(counts)
  for (const format of READ_ONLY) t.ok((counts[format] ?? 0) > 0, format)
})

/** Told by where text stands: a text, a call of a tool, a citation, or the end of the answer. */
function saysSomething(format: Format, { value }: RecordedBody): boolean {
  let says = false
  visitTextOf(format, 'event', value, place => {
    const path = place.path().join('.')
    const isTold = /(?:^|\.)citation\.|\b(?:name|stop_?reason|finish_reason|completionReason)$/i.test(path)
    says ||= place.value !== '' && (place.isPiece || isTold || place.holds === 'signature')
  })
  return says
}
