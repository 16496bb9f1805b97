/**
 * Finds what looks like a secret in the text of a configuration, so that no
 * report shows it. It is the net below the schemas, which know secrets for
 * certain. Pure.
 */
import type { Span } from './finding.ts'

/** What stands in place of a secret. */
export const MASK = '[secret]'

const SECRET_KEY =
  /(?:secret|password|passwd|passphrase|token|api[-_]?key|private[-_]?key|signing[-_]?key|digest[-_]?key|access[-_]?key|authorization|cookie|pepper|credential)$/i

/** Digests are what a secret is turned into so that it need not be kept. */
const DIGEST = /^(?:hmac-)?sha256:[A-Za-z0-9_-]{43}$/
const DIGESTS = /\b(?:hmac-)?sha256:[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g

const SECRET_TEXTS: readonly RegExp[] = [
  // Known prefixes of keys, and JSON Web Tokens.
  /\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs]|AKIA|ASIA|AIza|eyJ)[-_A-Za-z0-9.]{12,}/g,
  /\b(?:Bearer|Basic)[ \t]+(?!\$\{)[^\s"',}\]]{6,}/gi,
  // The password in a URL.
  /(?<=:\/\/)[^\s/@"']+(?=@)/g,
  // Thirty-two hexadecimal digits or more.
  /\b[0-9a-f]{32,}\b/gi,
  // Long words with capitals, small letters and digits.
  /(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/=_-]*[A-Z])(?=[A-Za-z0-9+/=_-]*[a-z])(?=[A-Za-z0-9+/=_-]*\d)[A-Za-z0-9+/=_-]{24,}/g
]

/** Whether a key announces a secret: `apiKey`, `password`, `client_secret`. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key)
}

/** Whether a text is a digest as `tacit key hash` prints it, which may be shown. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

/** The pieces of one line that look like secrets by themselves. */
export function secretsInLine(line: string): readonly Span[] {
  const digests = spansOf(line, DIGESTS)
  const isInDigest = ({ start, end }: Span) => digests.some(digest => digest.start <= start && end <= digest.end)
  return SECRET_TEXTS.flatMap(pattern => spansOf(line, pattern)).filter(span => !isInDigest(span))
}

function spansOf(line: string, pattern: RegExp): readonly Span[] {
  return [...line.matchAll(pattern)].map(({ 0: text, index }) => ({ start: index, end: index + text.length }))
}

/**
 * The pieces of a text known to be secret that must not be shown: all of it but
 * `${NAME}` and `${file:…}`. What stands behind `:-` is part of the secret.
 */
export function literalPieces(text: string): readonly Span[] {
  const pieces: Span[] = []
  let from = 0
  const add = (start: number, end: number): void => {
    if (/[^\s"']/.test(text.slice(start, end))) pieces.push({ start, end })
  }
  for (const match of text.matchAll(/(?<!\$)\$\{(?:file:[^}]*|[A-Za-z_][A-Za-z0-9_]*(?::-([^}]*))?)\}/g)) {
    add(from, match.index)
    const end = match.index + match[0].length
    const fallback = match[1]
    if (fallback !== undefined) add(end - 1 - fallback.length, end - 1)
    from = end
  }
  add(from, text.length)
  return pieces
}

/** A text with the pieces that look like secrets replaced. */
export function maskText(text: string): string {
  return maskSpans(text, secretsInLine(text))
}

/** A text with the given pieces replaced. */
export function maskSpans(text: string, spans: readonly Span[]): string {
  let masked = ''
  let from = 0
  for (const { start, end } of merged(spans)) {
    masked += text.slice(from, start) + MASK
    from = end
  }
  return masked + text.slice(from)
}

/** Spans in order, those that touch or overlap made one. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of spans.toSorted((first, second) => first.start - second.start)) {
    const last = result.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else result.push({ start, end })
  }
  return result
}
