/** The line of a file that a problem is about, with what to look at underlined. Pure. */
import type { Span } from './finding.ts'
import { MASK, merged } from './mask.ts'

/** Longest piece of a line that is shown, and how much of it stands before what is underlined. */
const MAX_WIDTH = 120
const LEAD = 40

/** A line as it may be shown. */
export interface Excerpt {
  readonly text: string
  /** What to underline, in `text`. */
  readonly start: number
  readonly length: number
}

/** Shows `line` with `masks` replaced, cut to a width around `marked`. All spans are within the line. */
export function excerptOf(line: string, marked: Span, masks: readonly Span[]): Excerpt {
  let text = ''
  let from = 0
  let start = marked.start
  let end = Math.max(marked.end, marked.start + 1)
  for (const mask of merged(masks)) {
    text += line.slice(from, mask.start)
    const at = text.length
    text += MASK
    from = mask.end
    const shift = MASK.length - (mask.end - mask.start)
    if (mask.end <= marked.start) start += shift
    else if (mask.start < marked.start) start = at
    if (mask.end <= marked.end) end += shift
    else if (mask.start < marked.end) end = at + MASK.length
  }
  text += line.slice(from)
  return clip(text, start, Math.max(end, start + 1))
}

function clip(text: string, start: number, end: number): Excerpt {
  if (text.length <= MAX_WIDTH) return { text, start, length: end - start }
  const cutBefore = start > MAX_WIDTH - LEAD ? start - LEAD : 0
  const cutAfter = Math.min(text.length, cutBefore + MAX_WIDTH)
  const before = cutBefore > 0 ? '…' : ''
  const after = cutAfter < text.length ? '…' : ''
  const shown = before + text.slice(cutBefore, cutAfter) + after
  const shownStart = start - cutBefore + before.length
  return { text: shown, start: shownStart, length: Math.min(end - start, shown.length - shownStart) }
}

/** Characters that take two columns in a terminal. */
const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303e\uff01-\uff60]/u

/** Spaces as wide as `text` is in a terminal; tabs stay tabs. */
export function blankLike(text: string): string {
  let blank = ''
  for (const character of text) blank += character === '\t' ? '\t' : WIDE.test(character) ? '  ' : ' '
  return blank
}

/** Tildes as wide as `text` is in a terminal. */
export function underline(text: string): string {
  return '~'.repeat(Math.max(1, blankLike(text).length))
}
