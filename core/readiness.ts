/** Asks plugin instances and parts of core how they are, seldom enough that nobody can wear them out by asking. */
import type { Clock } from './clock.ts'
import type { Health, MaybePromise } from './plugin.ts'

/** An answer is good for this long, in ms. */
const FRESH_MS = 1_000
/** Time to answer, in ms. */
const LIMIT_MS = 1_000

/** An instance of a plugin, or a part of core such as `stores.redis`, that may tell how it is. */
export interface Teller {
  readonly name: string
  readonly phases: { health?(): MaybePromise<Health> }
}

/** Health of all that tell it. */
export class Readiness {
  readonly #tellers: () => readonly Teller[]
  readonly #clock: Clock
  #askedMs = Number.NEGATIVE_INFINITY
  #answer: Promise<Readonly<Record<string, Health>>> = Promise.resolve({})

  /** @param tellers those that serve now. */
  constructor(tellers: () => readonly Teller[], clock: Clock) {
    this.#tellers = tellers
    this.#clock = clock
  }

  /** By name. One that throws or takes longer than a second counts as failed. */
  ask(): Promise<Readonly<Record<string, Health>>> {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#askedMs >= FRESH_MS) {
      this.#askedMs = nowMs
      this.#answer = this.#askAll()
    }
    return this.#answer
  }

  async #askAll(): Promise<Readonly<Record<string, Health>>> {
    const able = this.#tellers().filter(({ phases }) => phases.health !== undefined)
    const answers = await Promise.all(able.map(async teller => [teller.name, await askOne(teller)] as const))
    return Object.fromEntries(answers)
  }
}

async function askOne({ phases }: Teller): Promise<Health> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Health>(resolve => {
    timer = setTimeout(() => resolve({ status: 'failed', detail: 'no answer in time' }), LIMIT_MS)
  })
  try {
    return (await Promise.race([Promise.try(() => phases.health?.()), late])) ?? { status: 'ok' }
  } catch {
    return { status: 'failed', detail: 'the check itself failed' }
  } finally {
    clearTimeout(timer)
  }
}
