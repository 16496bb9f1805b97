/** Which names a configuration knows, so that rows may hold them. */
import { createHash } from 'node:crypto'
import type { Registry } from '../catalogue/registry.ts'
import { credentialName } from '../configuration/credentials.ts'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { usesOf } from '../configuration/uses.ts'
import { CORE_REASONS } from '../errors.ts'
import type { Consumer, FoundCredential, MaybePromise } from '../plugin.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Adds what a configuration calls its parts, and why it may refuse. */
export function learnNames(vocabulary: Vocabulary, loaded: LoadedConfiguration): void {
  const { routes, upstreams, groups } = loaded.configuration
  const peers = upstreams.flatMap(upstream => upstream.peers)
  vocabulary.add('route', idsOf(routes))
  vocabulary.add('upstream', idsOf(upstreams))
  vocabulary.add('group', idsOf(groups))
  vocabulary.add('consumer', idsOf(loaded.directory.consumers))
  vocabulary.add('peer', idsOf(peers))
  vocabulary.add(
    'region',
    peers.flatMap(({ region, labels }) => [region, labels.region].flatMap(name => name ?? []))
  )
  for (const [plugin, credentials] of loaded.directory.credentials) {
    const names = credentials.map(
      ({ consumerId, index, credential, parts }) => parts.id ?? credentialName(consumerId, plugin, index, credential)
    )
    vocabulary.add('credential', names)
  }
  // The catalogue is read when somebody asks for it.
  vocabulary.later(['provider', 'model', 'price'], () => learnModels(vocabulary, loaded.registry()))
  vocabulary.add('reason', Object.keys(CORE_REASONS))
  for (const { definition } of usesOf(loaded)) vocabulary.add('reason', Object.keys(definition.reasons ?? {}))
}

/** Adds who was found in a store, so that rows may name them. @returns what was found. */
export function learnCaller<Found extends FoundCredential>(
  vocabulary: Vocabulary,
  found: MaybePromise<Found | undefined>
): MaybePromise<Found | undefined> {
  if (found instanceof Promise) return found.then(later => learnCaller(vocabulary, later))
  if (found !== undefined && !vocabulary.knows('consumer', found.consumer.id)) {
    vocabulary.add('consumer', [found.consumer.id])
  }
  if (found !== undefined && !vocabulary.knows('credential', found.credentialId)) {
    vocabulary.add('credential', [found.credentialId])
  }
  return found
}

/** Adds a consumer that was found in a store by its name. @returns who was found. */
export function learnConsumer(
  vocabulary: Vocabulary,
  found: MaybePromise<Consumer | undefined>
): MaybePromise<Consumer | undefined> {
  if (found instanceof Promise) return found.then(later => learnConsumer(vocabulary, later))
  if (found !== undefined && !vocabulary.knows('consumer', found.id)) vocabulary.add('consumer', [found.id])
  return found
}

/**
 * Has names known that follow from others: those of guests, which are digests, and those of proofs from outside, of which
 * there is one for each consumer and plugin: `<consumer>/<plugin>`.
 */
export function knowVouched(vocabulary: Vocabulary): void {
  vocabulary.ask('consumer', name => GUEST.test(name))
  vocabulary.ask('credential', name => {
    const at = name.lastIndexOf('/')
    return at > 0 && PLUGIN.test(name.slice(at + 1)) && vocabulary.knows('consumer', name.slice(0, at))
  })
}

/** What a guest is called, by the keyed digest of its name. */
export function guestId(digest: string): string {
  return `guest-${createHash('sha256').update(digest).digest('hex').slice(0, 32)}`
}

const GUEST = /^guest-[0-9a-f]{32}$/
const PLUGIN = /^[a-z][a-z0-9-]{0,62}$/

function learnModels(vocabulary: Vocabulary, registry: Registry): void {
  for (const { id: provider, models } of registry.providers) {
    vocabulary.add('provider', [provider])
    for (const { id: model, aliases } of models) {
      vocabulary.add('model', [model, ...aliases])
      vocabulary.add(
        'price',
        registry.pricesOf(provider, model).map(({ version }) => version)
      )
    }
  }
}

function idsOf(entries: readonly { readonly id: string }[]): readonly string[] {
  return entries.map(({ id }) => id)
}
