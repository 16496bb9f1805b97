/** Asks plugin instances how they are, seldom enough that nobody can wear them out by asking. */
import type { Clock } from './clock.ts'
import type { PluginInstance } from './instances.ts'
import type { Health } from './plugin.ts'

/** An answer is good for this long, in ms. */
const FRESH_MS = 1_000
/** Time to answer, in ms. */
const LIMIT_MS = 1_000

/** Health of all instances that tell it. */
export class Readiness {
  readonly #instances: () => readonly PluginInstance[]
  readonly #clock: Clock
  #askedMs = Number.NEGATIVE_INFINITY
  #answer: Promise<Readonly<Record<string, Health>>> = Promise.resolve({})

  /** @param instances those that serve now. */
  constructor(instances: () => readonly PluginInstance[], clock: Clock) {
    this.#instances = instances
    this.#clock = clock
  }

  /** By instance. One that throws or takes longer than a second counts as failed. */
  ask(): Promise<Readonly<Record<string, Health>>> {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#askedMs >= FRESH_MS) {
      this.#askedMs = nowMs
      this.#answer = this.#askAll()
    }
    return this.#answer
  }

  async #askAll(): Promise<Readonly<Record<string, Health>>> {
    const able = this.#instances().filter(({ phases }) => phases.health !== undefined)
    const answers = await Promise.all(able.map(async instance => [instance.name, await askOne(instance)] as const))
    return Object.fromEntries(answers)
  }
}

async function askOne({ phases }: PluginInstance): Promise<Health> {
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
