/** Writes down what a format's facts say of each string of a body: one line per place, for a test to compare. */
import { type Direction, type Format, type TextPlace, visitTextOf } from '../../core/dialects/index.ts'

/** `messages[0].content: text user`, one line for each string but identifiers; with what it holds, and `piece` for pieces. */
export function placesIn(format: Format, direction: Direction, body: unknown): readonly string[] {
  const lines: string[] = []
  const isWhole = visitTextOf(format, direction, body, place => {
    if (place.kind !== 'identifier') lines.push(line(place))
  })
  return isWhole ? lines : [...lines, 'too deep']
}

function line(place: TextPlace): string {
  const path = place.path().map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
  const words = [
    place.kind,
    place.role,
    place.holds,
    place.isPiece ? 'piece' : undefined,
    place.isName ? 'name' : undefined
  ]
  return `${path.join('').replace(/^\./, '')}: ${words.filter(word => word !== undefined).join(' ')}`
}
