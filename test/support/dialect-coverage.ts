/** Writes the table in `core/dialects/README.md` out of the facts themselves: what is known of each format, in figures and places. */
import {
  type Direction,
  FORMATS,
  type Format,
  requestFactsOf,
  type Shape,
  textShapesOf,
  usageFactsOf
} from '../../core/dialects/index.ts'

/** Between these two lines of the README stands what is made. */
export const MARKS = ['<!-- made from the facts: begin -->', '<!-- made from the facts: end -->'] as const

/** The README with the table that the facts make today. */
export function withCoverage(readme: string): string {
  const [begin, end] = MARKS
  const from = readme.indexOf(begin) + begin.length
  return `${readme.slice(0, from)}\n\n${table()}\n\n${readme.slice(readme.indexOf(end))}`
}

function table(): string {
  const rows = FORMATS.map(
    format =>
      `| \`${format}\` | ${places(format, 'request')} | ${places(format, 'response')} | ${places(format, 'event')} | ${usage(format)} | ${bounds(format)} |`
  )
  return [
    '| format | request | response | event | usage | output bound |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows
  ].join('\n')
}

/** How many places hold text, JSON in a string, and what cannot be read; a place within itself counts once. */
function places(format: Format, direction: Direction): string {
  const shape = textShapesOf(format)[direction]
  if (shape === undefined) return '–'
  const counts = { text: 0, json: 0, opaque: 0, identifier: 0 }
  const seen = new Set<Shape>()
  const look = (at: Shape): void => {
    if (seen.has(at)) return
    seen.add(at)
    for (const inner of below(at)) {
      if (inner.string !== undefined) counts[inner.string.kind]++
      look(inner)
    }
  }
  look(shape)
  return `${counts.text} · ${counts.json} · ${counts.opaque}`
}

function below({ items, members, others, marked, variants }: Shape): readonly Shape[] {
  return [
    ...(items ? [items] : []),
    ...(members?.values() ?? []),
    ...(others ? [others] : []),
    ...(marked ?? []).map(([, shape]) => shape),
    ...(variants?.shapes.values() ?? [])
  ]
}

function usage(format: Format): string {
  const all = usageFactsOf(format).flatMap(({ at }) =>
    at.map(place => (place === '' ? 'the body itself' : `\`${place}\``))
  )
  return [...new Set(all)].join(', ') || '–'
}

function bounds(format: Format): string {
  const { outputTokens, answers } = requestFactsOf(format)
  const plain = (names: readonly string[]) => names.map(name => `\`${name}\``).join(', ')
  if (outputTokens.length === 0) return answers.length === 0 ? '–' : `× ${plain(answers)}`
  return answers.length === 0 ? plain(outputTokens) : `${plain(outputTokens)} × ${plain(answers)}`
}
