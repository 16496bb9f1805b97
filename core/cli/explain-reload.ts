/** What a person at the terminal is told of a reload. */
import { renderReport } from '../configuration/report.ts'
import type { ReloadOutcome } from '../gateway.ts'

const GOES_ON = 'The gateway goes on with the configuration that it has.'

/** A report, whole lines. Shows no secret. */
export function explainReload(outcome: ReloadOutcome): string {
  if (outcome.applied) {
    const { changes, needRestart, warnings } = outcome
    const count = changes.length === 1 ? '1 change' : `${changes.length} changes`
    const done = `Reloaded: ${changes.length === 0 ? 'nothing has changed' : count}.\n`
    const later = needRestart.map(setting => `\`${setting}\` has changed, but holds only after a restart.\n`).join('')
    return (warnings.length === 0 ? '' : renderReport(warnings, '')) + done + later
  }
  const { code, message, cure, problems } = outcome
  if (problems.length > 0) return renderReport(problems, GOES_ON)
  return `${code}\n  ${message}${cure === undefined ? '' : ` ${cure}`}\n${GOES_ON}\n`
}
