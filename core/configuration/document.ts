/**
 * Reads YAML 1.2 into plain values, and knows where each of them stands. Takes
 * hostile text: size, depth, tokens and aliases are bounded. Must not know what
 * the keys mean.
 */
import { Composer, type Document, Lexer, type Node, Parser } from 'yaml'
import { type Finding, problemAtSpan, type Span } from './finding.ts'
import { Lines } from './lines.ts'
import type { Path } from './path.ts'
import { readPlain } from './plain-yaml.ts'
import { openQuote, type SyntaxFault, syntaxFinding } from './syntax.ts'
import { Tree, type WrittenScalar } from './tree.ts'

/** Largest file that is read. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024
/** How deep blocks and lists may stand inside each other. */
export const MAX_DEPTH = 64
/** Most tokens of one file: about 40,000 consumers. Some texts of 10 MiB would otherwise take minutes. */
const MAX_TOKENS = 2_500_000
/** A value has at most one tag and one anchor; the parser's work on a longer run of them grows with its square. */
const MAX_PROPERTIES_IN_A_ROW = 8
/** What follows a broken line is mostly noise. */
const MAX_SYNTAX_FINDINGS = 5

/** Control characters (YAML 1.2.2, 5.1), halves of characters, and what makes a terminal show other text than there is. */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** A file that was read. */
export interface YamlDocument {
  readonly text: string
  /** Plain objects, lists and values; undefined when the text is no YAML, and `findings` says why. */
  readonly value: unknown
  readonly findings: readonly Finding[]
  readonly lines: Lines
  /** What to underline for a path. See {@link Tree.span}. */
  span(path: Path, at: 'key' | 'value'): Span
  /** Whether something is written at a path. */
  holds(path: Path): boolean
  /** Every text in the file, for whoever must find secrets in it. */
  scalars(): Iterable<WrittenScalar>
}

/** Reads one YAML document. Never throws: what is wrong stands in `findings`. */
export function readDocument(source: string): YamlDocument {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source
  const lines = new Lines(text)
  const refused = (findings: readonly Finding[]): YamlDocument => {
    const nowhere = { start: 0, end: 0 }
    return { text, value: undefined, findings, lines, span: () => nowhere, holds: () => false, scalars: () => [] }
  }

  const unreadable = judgeText(text)
  if (unreadable !== undefined) return refused([unreadable])
  const contents = readPlain(text) ?? contentsOf(text, lines)
  if (Array.isArray(contents)) return refused(contents)
  const tree = new Tree(contents, lines)
  // Where aliases do not lead, there is no telling what the file says.
  const astray = tree.findings.filter(({ code }) => code.startsWith('TACIT_YAML_ALIAS'))
  if (astray.length > 0) return refused(astray)
  if (contents === null || tree.value === null) {
    return refused([
      problemAtSpan(
        { start: 0, end: 0 },
        'TACIT_YAML_EMPTY',
        'The file is empty.',
        'Write at least `version: 1`, one upstream and one route.'
      )
    ])
  }
  return {
    text,
    value: tree.value,
    findings: tree.findings,
    lines,
    span: (path, at) => tree.span(path, at),
    holds: path => tree.holds(path),
    scalars: () => tree.scalars()
  }
}

/** What the parser of all of YAML makes of a text, or what is wrong with it. */
function contentsOf(text: string, lines: Lines): Node | null | Finding[] {
  const parsed = parse(text, lines)
  if ('code' in parsed) return [parsed]
  if (parsed.errors.length + parsed.warnings.length > 0) {
    return firstOfEachLine([...parsed.errors, ...parsed.warnings], text, lines)
  }
  if (parsed.directives?.yaml.version === '1.2') return parsed.contents
  const start = Math.max(0, text.search(/^%YAML/m))
  const span = { start, end: lines.span(lines.position(start).line).end }
  return [problemAtSpan(span, 'TACIT_YAML_SYNTAX', 'Only YAML 1.2 is read.', 'Remove this line.')]
}

function judgeText(text: string): Finding | undefined {
  if (text.length > MAX_FILE_BYTES || Buffer.byteLength(text) > MAX_FILE_BYTES) {
    return tooLarge('The file is larger than 10 MiB.')
  }
  const forbidden = FORBIDDEN.exec(text)
  if (forbidden === null) return undefined
  return problemAtSpan(
    { start: forbidden.index, end: forbidden.index + 1 },
    'TACIT_YAML_CHARACTER',
    'This character cannot stand in a configuration.',
    'Remove it. In a quoted text it can be written as an escape.'
  )
}

function parse(text: string, lines: Lines): Document.Parsed | Finding {
  const lexer = new Lexer()
  const parser = new Parser()
  const composer = boundedComposer()
  let document: Document.Parsed | undefined
  let tokens = 0
  let properties = 0
  const misplaced: number[] = []
  for (const token of lexer.lex(text)) {
    const here = { start: parser.offset, end: parser.offset + 1 }
    const first = token.charCodeAt(0)
    if ((first === 0x22 || first === 0x27) && (token.length === 1 || token.charCodeAt(token.length - 1) !== first)) {
      return openQuote(here.start)
    }
    if (first === 0x26 || first === 0x21) properties++
    else if (first !== 0x20) properties = 0
    if (++tokens > MAX_TOKENS || properties > MAX_PROPERTIES_IN_A_ROW) {
      return tooLarge('The file has more parts than can be read.', here)
    }
    for (const part of parser.next(token)) {
      if (part.type === 'error' && misplaced.push(part.offset) > MAX_SYNTAX_FINDINGS) {
        return syntaxFinding({ code: 'UNEXPECTED_TOKEN', pos: misplaced.slice(0, 1), message: '' }, text, lines)
      }
      for (const next of composer.next(part)) {
        if (document !== undefined) return secondDocument(next)
        document = next
      }
    }
    if (parser.stack.length > MAX_DEPTH) {
      return problemAtSpan(
        here,
        'TACIT_YAML_DEPTH',
        `Blocks and lists stand more than ${MAX_DEPTH} deep inside each other here.`,
        'Close the brackets that are open, or write it flatter.'
      )
    }
  }
  for (const part of parser.end()) {
    for (const next of composer.next(part)) {
      if (document !== undefined) return secondDocument(next)
      document = next
    }
  }
  for (const next of composer.end(true, text.length)) {
    if (document !== undefined) return secondDocument(next)
    document = next
  }
  return document ?? tooLarge('The file is no YAML.')
}

/** A composer that keeps the first faults and drops the rest: a file can hold millions, and each would be an Error. */
function boundedComposer(): Composer {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    strict: true,
    // Looking for keys that stand twice is quadratic in the parser; the tree does it with a map.
    uniqueKeys: false,
    prettyErrors: false
  })
  const report: unknown = Reflect.get(composer, 'onError')
  let faults = 0
  Reflect.set(composer, 'onError', (...fault: unknown[]) => {
    if (typeof report === 'function' && faults++ < MAX_SYNTAX_FINDINGS) Reflect.apply(report, composer, fault)
  })
  return composer
}

/** One break of a line often breaks all that follows on it. */
function firstOfEachLine(faults: readonly SyntaxFault[], text: string, lines: Lines): Finding[] {
  const byLine = new Map<number, Finding>()
  for (const fault of faults) {
    const { line } = lines.position(fault.pos[0] ?? 0)
    if (!byLine.has(line)) byLine.set(line, syntaxFinding(fault, text, lines))
  }
  return [...byLine.values()].slice(0, MAX_SYNTAX_FINDINGS)
}

function secondDocument(document: Document.Parsed): Finding {
  const [start] = document.range
  return problemAtSpan(
    { start, end: start + 3 },
    'TACIT_YAML_DOCUMENTS',
    'A second document begins here.',
    'Keep one document in the file: remove the line `---` and what follows it.'
  )
}

function tooLarge(message: string, span: Span = { start: 0, end: 0 }): Finding {
  return problemAtSpan(
    span,
    'TACIT_YAML_SIZE',
    message,
    'Keep consumers beyond some ten thousands in the store instead of the file.'
  )
}
