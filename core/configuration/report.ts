/**
 * How problems of a configuration are told: to people, with the line and a cure,
 * and to programs, as JSON. Shows no secret, from outside or written in the file.
 */
import { GatewayError } from '../errors.ts'
import { type Paint, PLAIN } from '../paint.ts'
import type { YamlDocument } from './document.ts'
import { blankLike, type Excerpt, excerptOf, underline } from './excerpt.ts'
import type { Finding, Severity, Span } from './finding.ts'
import { isDigest, isSecretKey, literalPieces, secretsInLine } from './mask.ts'
import type { Path } from './path.ts'
import type { Substitutions } from './secrets.ts'

/** Most problems that one report holds. */
export const MAX_PROBLEMS = 500
/** Shorter values from outside occur in sentences by chance, and are no secrets. */
const MIN_HIDDEN_LENGTH = 6

/** One thing that is wrong, and where. */
export interface Problem {
  readonly code: `TACIT_${string}`
  readonly severity: Severity
  /** Name of the file, as it was given. */
  readonly file: string
  readonly path: Path
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** Of what is meant, within its line. */
  readonly length: number
  /** What is wrong. */
  readonly message: string
  /** What to do about it. */
  readonly cure: string | undefined
  /** The line, with secrets replaced. */
  readonly excerpt: Excerpt
}

/** A configuration that does not load; nothing was changed. */
export class ConfigurationError extends GatewayError {
  /** In the order of the file. At least one of them is an error. */
  readonly problems: readonly Problem[]

  constructor(file: string, problems: readonly Problem[]) {
    const [first] = problems
    super(
      'TACIT_CONFIGURATION_INVALID',
      `${file} has ${counted(problems.filter(({ severity }) => severity === 'error').length, 'problem')}.`,
      first?.cure
    )
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

/** Finds the places of findings, one problem for each, in the order of the file. */
export class Reporter {
  readonly #file: string
  readonly #document: YamlDocument
  readonly #substitutions: Substitutions
  readonly #secretPaths: () => Iterable<Path>
  #masks: readonly Span[] | undefined

  /** @param secretPaths where schemas say that secrets stand; asked only when there is something to show. */
  constructor(
    file: string,
    document: YamlDocument,
    substitutions: Substitutions,
    secretPaths: () => Iterable<Path> = () => []
  ) {
    this.#file = file
    this.#document = document
    this.#substitutions = substitutions
    this.#secretPaths = secretPaths
  }

  /** Problems in the order of the file; of several at the same place, the first that was found. */
  problems(findings: readonly Finding[]): readonly Problem[] {
    const seen = new Set<number>()
    const problems: { readonly start: number; readonly problem: Problem }[] = []
    for (const finding of findings) {
      const span = finding.span ?? this.#document.span(finding.path, finding.at)
      if (seen.has(span.start)) continue
      seen.add(span.start)
      problems.push({ start: span.start, problem: this.#locate(finding, span) })
      if (problems.length === MAX_PROBLEMS) break
    }
    return problems.sort((first, second) => first.start - second.start).map(({ problem }) => problem)
  }

  #locate({ code, severity, path, message, cure }: Finding, found: Span): Problem {
    const { lines, text } = this.#document
    // An entry that was left empty has no length: what stands before it is shown.
    const isNothing = found.start === found.end && found.start > 0 && text[found.start - 1] !== '\n'
    const span = isNothing ? { start: found.start - 1, end: found.end } : found
    const { line, column } = lines.position(span.start)
    const lineSpan = lines.span(line)
    const end = Math.max(Math.min(span.end, lineSpan.end), Math.min(span.start + 1, lineSpan.end))
    const lineText = printable(text.slice(lineSpan.start, lineSpan.end))
    const masks = this.#masksWithin(lineSpan).concat(secretsInLine(lineText))
    const marked = { start: span.start - lineSpan.start, end: end - lineSpan.start }
    return {
      code,
      severity,
      file: this.#file,
      path,
      line,
      column,
      length: Math.max(1, end - span.start),
      message: this.#hide(message),
      cure: cure === undefined ? undefined : this.#hide(cure),
      excerpt: excerptOf(lineText, marked, masks)
    }
  }

  /** The pieces of one line that are known to be secret, as offsets in that line. */
  #masksWithin({ start, end }: Span): readonly Span[] {
    this.#masks ??= this.#findMasks()
    return this.#masks
      .filter(mask => mask.start < end && mask.end > start)
      .map(mask => ({ start: Math.max(mask.start, start) - start, end: Math.min(mask.end, end) - start }))
  }

  #findMasks(): readonly Span[] {
    const masks: Span[] = []
    const add = (span: Span): void => {
      const written = this.#document.text.slice(span.start, span.end)
      for (const piece of literalPieces(written)) {
        masks.push({ start: span.start + piece.start, end: span.start + piece.end })
      }
    }
    for (const { key, value, span } of this.#document.scalars()) {
      if (isSecretKey(key) && !isDigest(value)) add(span)
    }
    for (const path of this.#secretPaths()) add(this.#document.span(path, 'value'))
    return masks
  }

  /** The last net: no sentence repeats a value from outside, whoever wrote the sentence. */
  #hide(sentence: string): string {
    let hidden = printable(sentence)
    for (const { value, source } of this.#substitutions.all()) {
      if (value.length >= MIN_HIDDEN_LENGTH && hidden.includes(value)) hidden = hidden.replaceAll(value, source)
    }
    return hidden
  }
}

/** Control characters would move the cursor of a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu, '\ufffd')
}

/** A report for people: each problem with its line, then how many there are and what came of it. */
export function renderReport(
  problems: readonly Problem[],
  outcome = 'The gateway was not started.',
  paint: Paint = PLAIN
): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const counts = [
    ...(errors > 0 ? [counted(errors, 'problem')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : [])
  ].join(', ')
  const more = problems.length >= MAX_PROBLEMS ? ', and perhaps more' : ''
  const closing = counts === '' ? outcome : `${counts}${more}. ${outcome}`
  return `${problems.map(problem => `${renderProblem(problem, paint)}\n`).join('\n')}${closing.trim()}\n`
}

/** One problem for people, without a line break at its end. */
export function renderProblem(problem: Problem, paint: Paint = PLAIN): string {
  const { file, line, column, code, severity, message, cure, excerpt } = problem
  const number = String(line)
  const { text, start, length } = excerpt
  const grave = severity === 'warning' ? paint.yellow : paint.red
  const mark = grave(underline(text.slice(start, start + length)))
  return [
    `${paint.bold(`${file}:${line}:${column}`)}  ${grave(code)}${severity === 'warning' ? '  (warning)' : ''}`,
    `  ${paint.dim(`${number} │`)} ${text}`.trimEnd(),
    `  ${paint.dim(`${' '.repeat(number.length)} │`)} ${blankLike(text.slice(0, start))}${mark}`,
    `  ${cure === undefined ? message : `${message} ${cure}`}`
  ].join('\n')
}

/** Problems as plain data, for programs. */
export function problemsJson(problems: readonly Problem[]): readonly object[] {
  return problems.map(({ excerpt, ...rest }) => ({ ...rest, excerpt: excerpt.text }))
}

/** A report for programs. */
export function reportJson(problems: readonly Problem[]): string {
  return JSON.stringify({ problems: problemsJson(problems) })
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
