/** What `contract` has found, each thing once. Knows nothing of how it was looked for. */

/** What a plugin is put through. */
export type ContractCheck =
  /** Phases, as they are called in any exchange, neither throw nor hand back what nobody takes. */
  | 'phases'
  /** A body means the same wherever its bytes are split. */
  | 'bodies'
  /** The client may leave, and the upstream break off, at any moment. */
  | 'aborts'
  /** A client that takes its time gets the same, and a stream leaves as it comes. */
  | 'slow-reader'
  /** Another instance may begin, and this one be closed, while exchanges are under way. */
  | 'reload'
  /** What is touched is declared. */
  | 'undeclared'
  /** Nobody is made to wait for nothing. */
  | 'promises'

/** Something that a plugin must not do. */
export interface Finding {
  readonly check: ContractCheck
  /** Name of the exchange in which it was seen. */
  readonly exchange: string
  readonly what: string
}

/** What a plugin was put through, and what came of it. */
export interface ContractReport {
  /** Empty for a plugin that keeps the contract. */
  readonly findings: readonly Finding[]
  /** Exchanges that were run for each check; those of `undeclared` and `promises` are all of them. */
  readonly runs: Readonly<Record<ContractCheck, number>>
}

/** Collects findings; what was seen in an exchange once is kept once, under the check that saw it first. */
export class Findings {
  readonly #found = new Map<string, Finding>()
  readonly #runs = { phases: 0, bodies: 0, aborts: 0, 'slow-reader': 0, reload: 0, undeclared: 0, promises: 0 }

  /** Notes a finding. */
  add(check: ContractCheck, exchange: string, what: string): void {
    const key = JSON.stringify([exchange, what])
    if (!this.#found.has(key)) this.#found.set(key, { check, exchange, what })
  }

  /** Counts an exchange that was run for `check`. */
  ran(check: ContractCheck): void {
    this.#runs[check]++
    this.#runs.undeclared++
    this.#runs.promises++
  }

  /** Everything so far. */
  report(): ContractReport {
    return { findings: [...this.#found.values()], runs: { ...this.#runs } }
  }
}
