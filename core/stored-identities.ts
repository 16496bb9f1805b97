/**
 * The store of identities that a configuration names, without a gateway: for
 * commands. What is changed here is known to the gateways that share the store.
 */
import { dirname, resolve } from 'node:path'
import { systemClock } from './clock.ts'
import type { LoadedConfiguration } from './configuration/load.ts'
import { GatewayError } from './errors.ts'
import { definitionsOf, digestWith } from './host.ts'
import { Directory } from './identity/directory.ts'
import { Identities } from './identity/identities.ts'
import { openStores } from './store/stores.ts'

/**
 * Opens the store, does something with it, and closes it.
 * @throws GatewayError `TACIT_IDENTITIES_MISSING` when the configuration names none, and whatever `work` rejects with.
 */
export async function withStoredIdentities<Value>(
  loaded: LoadedConfiguration,
  work: (identities: Identities) => Promise<Value>
): Promise<Value> {
  const { stores: configuration, digestKey } = loaded.configuration
  if (configuration.redis === undefined && configuration.folder === undefined) {
    throw new GatewayError(
      'TACIT_IDENTITIES_MISSING',
      'This configuration has no store for consumers and credentials.',
      'Name a `stores.folder`, or a Redis under `stores.redis`.'
    )
  }
  const stores = await openStores(configuration, { clock: systemClock, directory: dirname(resolve(loaded.file)) })
  try {
    if (stores.identities === undefined) throw new TypeError('stores without identities')
    const { store, cache } = stores.identities
    const context = {
      directory: new Directory(loaded.directory),
      definitions: definitionsOf(loaded),
      digest: digestWith(digestKey)
    }
    return await work(new Identities(store, cache, systemClock, () => context))
  } finally {
    await stores.close()
  }
}
