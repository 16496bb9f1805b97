/**
 * The store of identities that a configuration names, without a gateway: for
 * commands. What is changed here is known to the gateways that share the store.
 */
import { userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { auditedIdentities, type StoredIdentities } from './admin/audited-identities.ts'
import { systemClock } from './clock.ts'
import type { LoadedConfiguration } from './configuration/load.ts'
import { GatewayError } from './errors.ts'
import { definitionsOf, digestWith } from './host.ts'
import { Directory } from './identity/directory.ts'
import { Identities } from './identity/identities.ts'
import { openAudit } from './records/audit.ts'
import { masterKeysOf, openRecords } from './records/open.ts'
import { openStores } from './store/stores.ts'

/**
 * Opens the store, does something with it, and closes it. Where the configuration has records, each call leaves a row of
 * `core.audit` beside those of gateways, by the name of who runs this process; where rows cannot be written, nothing is done.
 * @throws GatewayError `TACIT_IDENTITIES_MISSING` when the configuration names none, and whatever `work` rejects with.
 */
export async function withStoredIdentities<Value>(
  loaded: LoadedConfiguration,
  work: (identities: StoredIdentities) => Promise<Value>
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
    const identities = new Identities(store, cache, systemClock, () => context)
    if (masterKeysOf(loaded).length === 0) return await work(identities)
    // What goes wrong is told by `flush`, to whoever runs the command.
    const kept = await openRecords(loaded, { clock: systemClock, logger: { event: () => {} }, redis: stores.redis })
    try {
      const audit = openAudit(kept.sink, kept.vocabulary, code => {
        throw new GatewayError('TACIT_ROWS_LOST', `What was done could not be noted (${code}).`)
      })
      return await work(auditedIdentities(identities, actorOfProcess(), audit))
    } finally {
      await kept.records?.flush().finally(() => kept.close())
    }
  } finally {
    await stores.close()
  }
}

/** Who runs a command: `cli:ada`. No token of the admin listener can be called that. */
function actorOfProcess(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    // Whoever has no name on this machine has a number.
    return `cli:${process.getuid?.() ?? 'unknown'}`
  }
}
