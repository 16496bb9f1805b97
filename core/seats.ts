/**
 * Decides which plugin instances stay when a configuration follows another, and
 * what each is called. Pure; knows nothing of what an instance does.
 */

/** One use of a plugin that has to be filled. */
export interface Wanted {
  /** Where it stands: a route, an upstream, a balancer, or everywhere. */
  readonly owner: string
  readonly definition: { readonly name: string }
  /** Of its `config`. */
  readonly fingerprint: string
}

/** One that was filled. */
export interface Filled<Instance> extends Wanted {
  readonly name: string
  readonly instance: Instance
}

/** Who fills a use. */
export interface Seat<Instance> {
  /** `rate-limit`, `rate-limit#2`: no two have the same. */
  readonly name: string
  /** The instance that stays; undefined where a new one is needed. */
  readonly kept: Instance | undefined
}

/**
 * An instance stays where it is used as before: same plugin, same place, same `config`. It keeps its name, whatever
 * stands before it now, since logs, metrics and its own counters know it by that. One that is set up anew in an old
 * place takes over the name; all others get the lowest number that is free.
 * @param mayStay false for an instance that was set up with something that is gone.
 */
export function takeSeats<Instance>(
  wanted: readonly Wanted[],
  before: readonly Filled<Instance>[],
  mayStay: (instance: Instance) => boolean
): readonly Seat<Instance>[] {
  const left = new Map<string, Filled<Instance>[]>()
  for (const filled of before) {
    const at = left.get(filled.owner)
    if (at === undefined) left.set(filled.owner, [filled])
    else at.push(filled)
  }
  const claim = (owner: string, fits: (filled: Filled<Instance>) => boolean): Filled<Instance> | undefined => {
    const at = left.get(owner) ?? []
    const index = at.findIndex(fits)
    return index < 0 ? undefined : at.splice(index, 1)[0]
  }
  const kept = wanted.map(({ owner, definition, fingerprint }) =>
    claim(
      owner,
      filled => filled.definition === definition && filled.fingerprint === fingerprint && mayStay(filled.instance)
    )
  )
  const names = wanted.map(
    ({ owner, definition }, index) =>
      kept[index]?.name ?? claim(owner, filled => filled.definition === definition)?.name
  )
  const taken = new Set(names)
  const numbers = new Map<string, number>()
  return wanted.map(({ definition: { name } }, index) => ({
    name: names[index] ?? nextFree(name, taken, numbers),
    kept: kept[index]?.instance
  }))
}

function nextFree(name: string, taken: Set<string | undefined>, numbers: Map<string, number>): string {
  for (let number = (numbers.get(name) ?? 0) + 1; ; number++) {
    const candidate = number === 1 ? name : `${name}#${number}`
    if (taken.has(candidate)) continue
    taken.add(candidate)
    numbers.set(name, number)
    return candidate
  }
}
