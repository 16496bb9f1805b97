/** What a check has found: a sentence and where it belongs, before lines and columns are looked up. Pure. */
import type { Path } from './path.ts'

/** A piece of the file: offsets in UTF-16 units, the end not included. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Errors keep the gateway from starting; warnings do not. */
export type Severity = 'error' | 'warning'

/** One thing that is wrong, at one place. Neither sentence holds a secret. */
export interface Finding {
  readonly code: `TACIT_${string}`
  readonly severity: Severity
  readonly path: Path
  /** Whether the key at `path` or its value is meant. */
  readonly at: 'key' | 'value'
  /** Where it stands, when no path leads there. */
  readonly span: Span | undefined
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What to do about it, in sentences. */
  readonly cure: string | undefined
}

/** An error at the value of `path`, or at its key. */
export function problem(
  path: Path,
  code: Finding['code'],
  message: string,
  cure?: string,
  at: Finding['at'] = 'value'
): Finding {
  return { code, severity: 'error', path, at, span: undefined, message, cure }
}

/** A warning at the value of `path`, or at its key. */
export function warning(
  path: Path,
  code: Finding['code'],
  message: string,
  cure?: string,
  at: Finding['at'] = 'value'
): Finding {
  return { code, severity: 'warning', path, at, span: undefined, message, cure }
}

/** An error at a piece of the file that no path leads to. */
export function problemAtSpan(span: Span, code: Finding['code'], message: string, cure?: string): Finding {
  return { code, severity: 'error', path: [], at: 'value', span, message, cure }
}
