/** How a command says what went wrong: a report, or a sentence with its cure. */
import { ConfigurationError, renderReport } from '../configuration/report.ts'
import { GatewayError } from '../errors.ts'
import { type Paint, PLAIN } from '../paint.ts'

/**
 * What to print. Anything that is not an error of the gateway's own is a fault
 * of its code, and keeps its stack.
 * @param outcome what came of it, behind the count of problems.
 */
export function explainError(error: unknown, paint: Paint = PLAIN, outcome = ''): string {
  if (error instanceof ConfigurationError) return renderReport(error.problems, outcome, paint)
  if (error instanceof GatewayError)
    return `${paint.red(error.code)}\n  ${error.message}${error.cure === undefined ? '' : ` ${error.cure}`}\n`
  throw error
}
