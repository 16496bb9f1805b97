/** Which names a configuration knows, so that rows may hold them. */
import type { Registry } from '../catalogue/registry.ts'
import { credentialName } from '../configuration/credentials.ts'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { usesOf } from '../configuration/uses.ts'
import { CORE_REASONS } from '../errors.ts'
import type { FoundCredential, MaybePromise } from '../plugin.ts'
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
