/**
 * Sentences for what the YAML parser finds. Its own messages quote the file, and
 * with it perhaps a secret; here is the same without. Pure.
 */
import type { ErrorCode } from 'yaml'
import { type Finding, problemAtSpan } from './finding.ts'
import type { Lines } from './lines.ts'

const MISPLACED = [
  'This is not where YAML expects it.',
  'Check the brackets, quotes and indentation around it.'
] as const

const SENTENCES: Readonly<Record<ErrorCode, readonly [message: string, cure: string]>> = {
  ALIAS_PROPS: ['An alias takes no tag and no anchor.', 'Remove what stands before it.'],
  BAD_ALIAS: ['This is not the name of an anchor.', 'Write letters and digits, and a space before a colon.'],
  BAD_COLLECTION_TYPE: ['This tag does not fit what follows it.', 'Remove the tag.'],
  BAD_DIRECTIVE: ['This directive is not understood.', 'Remove the line that begins with %.'],
  BAD_DQ_ESCAPE: ['This is no escape that YAML knows.', 'Write \\\\ for a backslash, or use single quotes.'],
  BAD_INDENT: ['The indentation does not fit the lines above.', 'Begin all keys of one block in the same column.'],
  BAD_PROP_ORDER: ['A tag or an anchor stands in the wrong place.', 'Write it right before the value.'],
  BAD_SCALAR_START: ['A value cannot begin with this character.', 'Put the value in quotes.'],
  BLOCK_AS_IMPLICIT_KEY: [
    'A second value begins on this line.',
    'Write one key with its value on each line, or put a value that holds ": " in quotes.'
  ],
  BLOCK_IN_FLOW: ['A block cannot stand inside brackets.', 'Close the brackets first, or write it with { } and [ ].'],
  DUPLICATE_KEY: ['This key stands twice in its block.', 'Keep one of the two.'],
  IMPOSSIBLE: MISPLACED,
  KEY_OVER_1024_CHARS: ['This key is longer than 1,024 characters.', 'Close the quotes or brackets before it.'],
  MISSING_CHAR: [
    'A character is missing here.',
    'Check that every quote and bracket is closed, and that a space follows each colon.'
  ],
  MULTILINE_IMPLICIT_KEY: ['A key must stand on one line with its colon.', 'Write `key: value`.'],
  MULTIPLE_ANCHORS: ['A value takes one anchor.', 'Remove one of them.'],
  MULTIPLE_DOCS: ['A second document begins here.', 'Keep one document in the file.'],
  MULTIPLE_TAGS: ['A value takes one tag.', 'Remove both: none is needed.'],
  NON_STRING_KEY: ['This key is no word.', 'Write a single word before the colon.'],
  RESOURCE_EXHAUSTION: [
    'The file stands too deep inside itself.',
    'Close the brackets that are open, or write it flatter.'
  ],
  TAB_AS_INDENT: ['Tabs cannot indent in YAML.', 'Indent with spaces.'],
  TAG_RESOLVE_FAILED: [
    'Tags are not read.',
    'Remove the word that begins with an exclamation mark, or put the value in quotes.'
  ],
  UNEXPECTED_TOKEN: MISPLACED
}

/** Braces end an unquoted value inside brackets, so that `{ port: ${PORT} }` falls apart. */
const BARE_REFERENCE = /(?<=[[{,:]\s*[^\s"',]*)\$\{[^}]*\}?/

/** Where a line should have begun with "- " it mostly is the indentation that is wrong. */
const WITHOUT_DASH = 'Sequence item without'

/** What the parser found. Its message is compared, never shown. */
export interface SyntaxFault {
  readonly code: ErrorCode
  readonly pos: readonly number[]
  readonly message: string
}

/** What is wrong, in our words. */
export function syntaxFinding({ code, pos, message }: SyntaxFault, text: string, lines: Lines): Finding {
  const [start = 0, end = start + 1] = pos
  const span = lines.span(lines.position(start).line)
  const line = text.slice(span.start, span.end)
  const reference = BARE_REFERENCE.exec(line)
  if (reference !== null) {
    const at = span.start + reference.index
    return problemAtSpan(
      { start: at, end: at + reference[0].length },
      'TACIT_YAML_SYNTAX',
      'Inside { } and [ ], YAML takes the braces of this reference for its own.',
      'Put quotes around it.'
    )
  }
  if (message.startsWith(WITHOUT_DASH)) {
    const indented = span.start + (line.length - line.trimStart().length)
    return problemAtSpan({ start: indented, end: span.end }, 'TACIT_YAML_SYNTAX', ...SENTENCES.BAD_INDENT)
  }
  return problemAtSpan({ start, end: Math.max(end, start + 1) }, 'TACIT_YAML_SYNTAX', ...(SENTENCES[code] ?? MISPLACED))
}

/** A quote without its other half: the parser notices only where the file ends. */
export function openQuote(start: number): Finding {
  return problemAtSpan(
    { start, end: start + 1 },
    'TACIT_YAML_SYNTAX',
    'The quote that opens here is never closed.',
    'Close it, or write the value without quotes.'
  )
}
