import t from 'tap'
import { type TextPlace, visitTextOf } from '../../../../core/dialects/index.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('knows what every string of every recorded body is', { skip }, async t => {
  const unknown: string[] = []
  const kinds: Record<string, number> = {}
  let bodyCount = 0
  let otherCount = 0
  const recordings = await readCorpus()
  for (const recording of recordings) {
    const format = recordedFormat(recording)
    const { bodies, others } = recordedBodies(recording)
    bodyCount += bodies.length
    otherCount += others
    for (const { direction, value } of bodies) {
      const isWhole = visitTextOf(format, direction, value, place => {
        kinds[place.kind] = (kinds[place.kind] ?? 0) + 1
        if (place.kind === 'unknown') unknown.push(`${format} ${direction} ${written(place)} (${recording.id})`)
      })
      if (!isWhole) unknown.push(`too deep (${recording.id})`)
    }
  }
  t.comment(`${recordings.length} recordings, ${bodyCount} bodies and events, ${otherCount} that are not JSON`, kinds)
  t.strictSame(unknown, [])
  t.ok(bodyCount > 600)
})

/** A path without the numbers of entries. */
function written(place: TextPlace): string {
  return place
    .path()
    .map(step => (typeof step === 'number' ? '[]' : `.${step}`))
    .join('')
}
