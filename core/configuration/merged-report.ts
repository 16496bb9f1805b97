/** Tells what is wrong with a configuration of several files: each problem in its own file, at its own line. */
import type { Finding } from './finding.ts'
import type { Merged } from './merged.ts'
import type { Path } from './path.ts'
import { MAX_PROBLEMS, type Problem, Reporter } from './report.ts'
import type { Substitutions } from './secrets.ts'

/** Finds the places of findings in whichever file they belong to. */
export class MergedReporter {
  readonly #merged: Merged
  readonly #reporters: readonly Reporter[]

  /** @param secretPaths where schemas say that secrets stand, in the whole. */
  constructor(merged: Merged, substitutions: Substitutions, secretPaths: () => Iterable<Path>) {
    this.#merged = merged
    this.#reporters = merged.files.map(
      file =>
        new Reporter(file.name, file.document, substitutions, function* () {
          for (const path of secretPaths()) {
            const located = merged.locate(path)
            if (located.file === file) yield located.path
          }
        })
    )
  }

  /** Whether something keeps the gateway from starting. */
  hasErrors(findings: readonly Finding[]): boolean {
    return [...findings, ...this.#merged.files.flatMap(file => file.findings)].some(
      ({ severity }) => severity === 'error'
    )
  }

  /**
   * Problems in the order of the files and of their lines, those of reading the files among them. Of several findings
   * at one place the first is told: errors go before warnings.
   * @param findings by paths in the whole.
   */
  problems(findings: readonly Finding[]): readonly Problem[] {
    const byFile = new Map(this.#merged.files.map(file => [file, [...file.findings]]))
    for (const finding of findings) {
      const { file, path } = this.#merged.locate(finding.path)
      byFile.get(file)?.push({ ...finding, path })
    }
    return this.#merged.files
      .flatMap((file, index) => this.#reporters[index]?.problems(bySeverity(byFile.get(file) ?? [])) ?? [])
      .slice(0, MAX_PROBLEMS)
  }

  /** One problem that shows up later, such as at set-up. */
  problemAt(finding: Finding): Problem {
    const { file, path } = this.#merged.locate(finding.path)
    const [found] = this.#reporters[this.#merged.files.indexOf(file)]?.problems([{ ...finding, path }]) ?? []
    if (found === undefined) throw new TypeError('a finding without a problem')
    return found
  }
}

function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning')
  ]
}
