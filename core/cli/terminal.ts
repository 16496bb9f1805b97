/** What every command shares: where it writes and reads, what it ends with, and how it tells a failure. */
import { ConfigurationError, problemsJson } from '../configuration/report.ts'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log/error-code.ts'
import { type Paint, PLAIN, paintFor } from '../paint.ts'
import { explainError } from './explain-error.ts'

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The configuration, a key, a port or a plugin is not as it must be. */
  refused: 1,
  /** The arguments cannot be understood. */
  usage: 2,
  /** What was looked for was found: `test` has a case that fails, `diff --exit-code` a difference. */
  found: 3
} as const

/** What a command writes to and reads from; tests put their own in. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
  readonly input: AsyncIterable<Buffer | string>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Colours of what is written to each side; none if not given. */
  readonly paint?: { readonly out: Paint; readonly error: Paint }
}

/** The process's own. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process
  for (const stream of [stdout, stderr]) stream.on('error', endQuietly)
  return {
    out: text => void stdout.write(text),
    error: text => void stderr.write(text),
    input: stdin,
    environment: env,
    paint: { out: paintFor(stdout.isTTY === true, env), error: paintFor(stderr.isTTY === true, env) }
  }
}

/** A reader that has seen enough, such as `head`, is no fault: what is left is not written. */
function endQuietly(error: Error): void {
  if (errorCode(error) !== 'EPIPE') throw error
}

/** The colours of what a command prints. */
export function paintOf(terminal: Terminal): Paint {
  return terminal.paint?.out ?? PLAIN
}

/** Prints plain data for programs, on one line. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value)}\n`)
}

/**
 * Runs a command, and tells what it fails of: as a report for people, or as `{ problems }` or `{ error }` for programs.
 * @throws what is no error of the gateway's own.
 */
export async function guarded(
  terminal: Terminal,
  asJson: boolean | undefined,
  work: () => Promise<number> | number
): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (asJson !== true) terminal.error(explainError(error, terminal.paint?.error))
    else if (error instanceof ConfigurationError) printJson(terminal, { problems: problemsJson(error.problems) })
    else if (error instanceof GatewayError) {
      const { code, message, cure } = error
      printJson(terminal, { error: { code, message, cure } })
    } else throw error
    return EXIT.refused
  }
}
