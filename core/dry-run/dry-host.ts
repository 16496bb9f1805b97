/**
 * What plugins are handed in a dry run: the real hosts, on state that is thrown away. Time stands still, chance
 * repeats, nobody is reached, nothing is kept and nothing is measured.
 */
import type { LoadedConfiguration } from '../configuration/load.ts'
import { GatewayError } from '../errors.ts'
import { judgingEvents } from '../events/events.ts'
import type { HostBase } from '../host.ts'
import { keyedDigest } from '../identity/digest.ts'
import { Directory } from '../identity/directory.ts'
import { createLogger } from '../log.ts'
import { knowVouched, learnNames } from '../records/names.ts'
import { JudgingSink } from '../records/row-sink.ts'
import { Vocabulary } from '../records/vocabulary.ts'
import { LocalLimits } from '../store/limits.ts'
import { LocalStore } from '../store/values.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { TimerWheel } from '../timers.ts'

const NOTHING = Object.freeze({ add: () => {}, observe: () => {} })
const NO_METRICS = Object.freeze({ counter: () => NOTHING, histogram: () => NOTHING })

/** Makes what all instances of one dry run share. */
export function dryHostBase(
  loaded: LoadedConfiguration,
  clock: ManualClock,
  seed: number,
  connect: HostBase['connect']
): HostBase {
  const { digestKey, upstreams } = loaded.configuration
  const vocabulary = new Vocabulary()
  knowVouched(vocabulary)
  learnNames(vocabulary, loaded)
  return {
    clock,
    random: seededRandom(seed),
    logger: createLogger({ level: 'silent', write: () => {}, clock }),
    directory: new Directory(loaded.directory),
    registry: loaded.registry,
    stored: undefined,
    definitions: new Map(),
    digest: credential => {
      if (digestKey !== undefined) return keyedDigest(digestKey.reveal(), credential)
      throw new GatewayError(
        'TACIT_DIGEST_KEY_MISSING',
        'Credentials cannot be digested without a key.',
        'Set `digestKey`.'
      )
    },
    upstreams: new Map(upstreams.map(({ id, provider }) => [id, provider])),
    metrics: () => NO_METRICS,
    limits: new LocalLimits(clock),
    store: new LocalStore(clock),
    sharesStore: false,
    rows: new JudgingSink(clock, vocabulary),
    vocabulary,
    events: judgingEvents,
    wheel: new TimerWheel(clock),
    connect,
    fetch: async () => {
      throw new GatewayError('TACIT_DRY_RUN', 'A dry run reaches nobody.')
    },
    repeat: (periodMs, work, failed) => repeatBy(clock, periodMs, work, failed)
  }
}

/** Periodic work happens as the clock of the dry run is moved. */
function repeatBy(
  clock: ManualClock,
  periodMs: number,
  work: () => Promise<void> | void,
  failed: (error: unknown) => void
): () => void {
  let dueMs = clock.monotonic() + periodMs
  let isRunning = false
  return clock.onMove(() => {
    if (isRunning || clock.monotonic() < dueMs) return
    dueMs = clock.monotonic() + periodMs
    isRunning = true
    Promise.try(work)
      .catch(failed)
      .finally(() => {
        isRunning = false
      })
  })
}
