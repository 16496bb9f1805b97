/**
 * Reads texts that are made to be slow or large, and prints what they are refused
 * for. Run by a test in a process of its own, whose memory is limited.
 */
import { MAX_FILE_BYTES, readDocument } from '../../../core/configuration/document.ts'

/** A text as large as a file may be. */
const fill = (start: string, piece: string, end = '') =>
  start + piece.repeat(Math.floor((MAX_FILE_BYTES - start.length - end.length) / piece.length)) + end

const laughs = [...'bcdefghi'].map((name, index) => {
  const below = 'abcdefgh'[index]
  return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${below}`).join(',')}]\n`
})

const bombs: readonly (readonly [name: string, text: () => string])[] = [
  ['brackets', () => fill('a: ', '[')],
  ['maps', () => fill('', '{a: ')],
  ['lists', () => fill('', '- ')],
  ['laughs', () => `a: &a [x,x,x,x,x,x,x,x,x]\n${laughs.join('')}`],
  ['merges', () => `a: &a {x: 1}\nb: {<<: [${'*a,'.repeat(5_000)}*a]}\n`],
  ['anchors', () => fill('a: ', '&a ')],
  ['documents', () => fill('', '---\n')],
  ['escapes', () => fill('a: "', '\\z', '"')],
  ['closers', () => fill('', ']\n')],
  ['blank lines', () => fill('', '\n')],
  ['equal keys', () => 'a: 1\n'.repeat(50_000)]
]

for (const [name, text] of bombs) process.stdout.write(`${name} ${readDocument(text()).findings[0]?.code}\n`)
