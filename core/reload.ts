/**
 * Takes the configuration anew while the gateway runs: one reload after the
 * other, each whole or not at all. Knows nothing of listeners and signals.
 */
import { type Change, compareConfigurations } from './configuration/changes.ts'
import type { LoadedConfiguration } from './configuration/load.ts'
import { ConfigurationError, type Problem } from './configuration/report.ts'
import { GatewayError } from './errors.ts'
import { errorCode, type Logger } from './log.ts'

/** Who asked for a reload. */
export type ReloadTrigger = 'signal' | 'watch' | 'admin' | 'program'

/** A reload that was done: what comes from now on is served by the new configuration. */
export interface AppliedReload {
  readonly applied: true
  /** What is different now; empty when the file says the same as before. */
  readonly changes: readonly Change[]
  /** What the file says otherwise now but holds only after a restart, such as `listen.port`. */
  readonly needRestart: readonly string[]
  readonly warnings: readonly Problem[]
  readonly durationMs: number
}

/** A reload that was refused: everything is as it was. */
export interface RefusedReload {
  readonly applied: false
  /** `TACIT_CONFIGURATION_INVALID` when `problems` say why. */
  readonly code: string
  readonly message: string
  readonly cure: string | undefined
  /** Every problem of the file, with its place. Empty when it failed elsewhere, such as in the set-up of a plugin. */
  readonly problems: readonly Problem[]
  readonly durationMs: number
}

/** What came of a reload. Holds no secret. */
export type ReloadOutcome = AppliedReload | RefusedReload

/** What a reload is done with. */
export interface ReloadSteps {
  readonly logger: Logger
  readonly clock: { monotonic(): number }
  /** What is in use. */
  current(): LoadedConfiguration
  read(): Promise<LoadedConfiguration>
  /**
   * Puts the new configuration in the place of the old one, or throws and leaves everything as it was.
   * @returns what it holds only after a restart.
   */
  apply(next: LoadedConfiguration): Promise<readonly string[]>
}

/** More changes than this are counted in the log but not named. */
const MAX_NAMED = 100

/** Reloads, one after the other. Who asks while one is under way gets the next one: what it has read may be older. */
export class Reloader {
  readonly #steps: ReloadSteps
  #running: Promise<ReloadOutcome> | undefined
  #next: Promise<ReloadOutcome> | undefined

  constructor(steps: ReloadSteps) {
    this.#steps = steps
  }

  /** Never rejects, but for a fault of the gateway's own. */
  reload(trigger: ReloadTrigger): Promise<ReloadOutcome> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#start(trigger)
    this.#next = this.#running.then(
      () => this.#start(trigger),
      () => this.#start(trigger)
    )
    return this.#next
  }

  /** Resolves when no reload is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await Promise.allSettled([this.#running, this.#next])
  }

  #start(trigger: ReloadTrigger): Promise<ReloadOutcome> {
    this.#next = undefined
    const running = this.#run(trigger).finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #run(trigger: ReloadTrigger): Promise<ReloadOutcome> {
    const { clock, current, read, apply } = this.#steps
    const startedMs = clock.monotonic()
    try {
      const before = current()
      const next = await read()
      const needRestart = await apply(next)
      const changes = compareConfigurations(before, next)
      const durationMs = clock.monotonic() - startedMs
      const outcome = { applied: true, changes, needRestart, warnings: next.warnings, durationMs } as const
      this.#logApplied(trigger, next, outcome)
      return outcome
    } catch (error) {
      const problems = error instanceof ConfigurationError ? error.problems : []
      this.#logRefused(trigger, error, problems)
      if (!(error instanceof GatewayError)) throw error
      const { code, message, cure } = error
      return { applied: false, code, message, cure, problems, durationMs: clock.monotonic() - startedMs }
    }
  }

  #logRefused(trigger: ReloadTrigger, error: unknown, problems: readonly Problem[]): void {
    const { logger } = this.#steps
    const errors = problems.filter(({ severity }) => severity === 'error')
    logger.event('reload_refused', { trigger, code: errorCode(error), problems: errors.length })
    for (const { code, line, column } of errors.slice(0, MAX_NAMED)) {
      logger.event('configuration_refused', { code, line, column })
    }
  }

  #logApplied(trigger: ReloadTrigger, { configuration }: LoadedConfiguration, outcome: AppliedReload): void {
    const { logger } = this.#steps
    const { changes, needRestart, durationMs } = outcome
    const { routes, upstreams, consumers } = configuration
    logger.event('configuration_reloaded', {
      trigger,
      changes: changes.length,
      routes: routes.length,
      upstreams: upstreams.length,
      consumers: consumers.length,
      durationMs
    })
    for (const { kind, subject, id, routes, settings } of changes.slice(0, MAX_NAMED)) {
      const counts = { routes: routes.length, settings: settings.length }
      logger.event('configuration_changed', { change: kind, subject, ...(id === undefined ? {} : { id }), ...counts })
    }
    for (const setting of needRestart) logger.event('setting_refused', { setting })
  }
}
