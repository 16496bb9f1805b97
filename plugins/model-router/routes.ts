/**
 * Which targets a name of a model stands for: what the operator has written, then what the catalogue knows. Worked out at
 * set-up as far as it goes. Judges no request.
 */
import type { Catalogue } from 'tacit-gateway/dialects'
import { nearestOf, type UpstreamHandle } from 'tacit-gateway/plugin'
import type { RoutesConfig, TargetConfig } from './config.ts'

/** One target of a model, before a request is looked at. */
export interface Choice extends Pick<TargetConfig, 'weight' | 'on' | 'when' | 'lacks'> {
  readonly upstream: UpstreamHandle
  /** What the model is called there. */
  readonly model: string
}

/** What a name stands for. */
export interface Found {
  readonly by: 'name' | 'alias' | 'wildcard' | 'catalogue'
  /** As the configuration or the catalogue has it. */
  readonly rule: string
  /** Those of one model after those of another: an alias may stand for several. */
  readonly groups: readonly (readonly Choice[])[]
}

/** The parts of a host that are needed. */
export interface RouteParts {
  readonly catalogue: Catalogue
  upstream(id: string): UpstreamHandle
}

interface Wildcard {
  readonly name: string
  readonly beginning: string
  readonly choices: readonly Omit<Choice, 'model'>[]
  readonly models: readonly (string | undefined)[]
}

/** Names that are sent somewhere without anybody having written them down: they must fit into a path and into a form. */
const PLAIN = /^[!-~]+$/

/** The names that a router knows. */
export class Routes {
  readonly #catalogue: Catalogue
  readonly #names = new Map<string, Found>()
  readonly #aliases = new Map<string, readonly string[]>()
  /** The longest first; the one for all names apart. */
  readonly #wildcards: readonly Wildcard[]
  readonly #any: Wildcard | undefined
  readonly #upstreams: readonly UpstreamHandle[]

  /** @throws Error for what contradicts itself or leads nowhere. */
  constructor({ models, aliases, upstreams, default: fallback }: RoutesConfig, { catalogue, upstream }: RouteParts) {
    this.#catalogue = catalogue
    const wildcards: Wildcard[] = []
    const written = new Set<string>()
    for (const { name, targets } of models) {
      if (written.has(name)) throw new Error(`\`models\` names "${name}" twice.`)
      written.add(name)
      const choices = targets.map(({ upstream: id, weight, on, when, lacks }) => ({
        upstream: upstream(id),
        ...(weight !== undefined && { weight }),
        ...(on !== undefined && { on }),
        ...(when !== undefined && { when }),
        ...(lacks !== undefined && { lacks })
      }))
      const called = targets.map(({ model }) => model)
      if (name.endsWith('*')) wildcards.push({ name, beginning: name.slice(0, -1), choices, models: called })
      else if (called.some(model => model?.endsWith('*'))) {
        throw new Error(`The \`*\` in a target of "${name}" stands for nothing: its name has none.`)
      } else this.#names.set(name, { by: 'name', rule: name, groups: [named(choices, called, name, '')] })
    }
    wildcards.sort((first, second) => second.beginning.length - first.beginning.length)
    this.#wildcards = wildcards.filter(({ beginning }) => beginning !== '')
    this.#any = wildcards.find(({ beginning }) => beginning === '')
    this.#upstreams = upstreams.map(id => {
      const handle = upstream(id)
      if (handle.provider !== undefined) return handle
      throw new Error(`The upstream "${id}" names no \`provider\`, so the catalogue knows none of its models.`)
    })
    for (const [alias, meant] of Object.entries(aliases)) {
      if (this.#names.has(alias)) throw new Error(`"${alias}" is a model and an alias.`)
      if (meant.length === 0) throw new Error(`The alias "${alias}" stands for nothing.`)
      this.#aliases.set(alias, meant)
    }
    for (const [alias, meant] of this.#aliases) for (const name of meant) this.#mustKnow(`The alias "${alias}"`, name)
    if (fallback !== undefined && !this.#aliases.has(fallback)) this.#mustKnow('`default`', fallback)
  }

  /** What a name stands for; undefined where nobody knows it. */
  find(name: string): Found | undefined {
    const aliased = this.#aliases.get(name)
    if (aliased === undefined) return this.#model(name)
    const groups = aliased.flatMap(meant => this.#model(meant)?.groups ?? [])
    return groups.length === 0 ? undefined : { by: 'alias', rule: name, groups }
  }

  /** Every name that can be said: those written down, and those of the catalogue that lead somewhere. */
  names(): readonly string[] {
    const names = new Set([...this.#names.keys(), ...this.#aliases.keys()])
    const all = this.#any === undefined ? this.#wildcards : [...this.#wildcards, this.#any]
    for (const { beginning, choices, models } of all) {
      for (const [index, { upstream }] of choices.entries()) {
        if (models[index] !== undefined) continue
        for (const id of this.#modelsOf(upstream)) if (id.startsWith(beginning)) names.add(id)
      }
    }
    for (const upstream of this.#upstreams) for (const id of this.#modelsOf(upstream)) names.add(id)
    return [...names]
  }

  #model(name: string): Found | undefined {
    const written = this.#names.get(name)
    if (written !== undefined) return written
    if (!PLAIN.test(name) || name === '.' || name === '..') return undefined
    const covering = this.#wildcards.find(({ beginning }) => name.startsWith(beginning))
    return covered(covering, name) ?? this.#ofCatalogue(name) ?? covered(this.#any, name)
  }

  #ofCatalogue(name: string): Found | undefined {
    let choices: Choice[] | undefined
    let rule = ''
    for (const upstream of this.#upstreams) {
      const found = this.#catalogue.model(upstream.provider ?? '', name)
      if (!found.known) continue
      rule ||= found.model.id
      choices ??= []
      choices.push({ upstream, model: name })
    }
    return choices && { by: 'catalogue', rule, groups: [choices] }
  }

  #modelsOf({ provider = '' }: UpstreamHandle): readonly string[] {
    return this.#catalogue.provider(provider)?.models.map(({ id }) => id) ?? []
  }

  #mustKnow(who: string, name: string): void {
    if (this.#model(name) !== undefined) return
    const [meant] = nearestOf(name, this.names(), 1)
    const cure = meant === undefined ? 'Add it to `models`.' : `Did you mean "${meant}"?`
    throw new Error(`${who} stands for "${name}", which leads nowhere. ${cure}`)
  }
}

function covered(wildcard: Wildcard | undefined, name: string): Found | undefined {
  if (wildcard === undefined) return undefined
  const { name: rule, beginning, choices, models } = wildcard
  const rest = name.slice(beginning.length)
  // What a target would be sent there is a name, or nothing at all.
  if (rest === '' || rest === '.' || rest === '..') return undefined
  return { by: 'wildcard', rule, groups: [named(choices, models, name, rest)] }
}

function named(
  choices: readonly Omit<Choice, 'model'>[],
  models: readonly (string | undefined)[],
  name: string,
  rest: string
): readonly Choice[] {
  return choices.map((choice, index) => {
    const called = models[index] ?? name
    return { ...choice, model: called.endsWith('*') ? called.slice(0, -1) + rest : called }
  })
}
