/** Checks the providers that upstreams name against the catalogue. Knows nothing of how that was read. */
import type { Registry } from '../catalogue/registry.ts'
import { type Finding, problem } from './finding.ts'
import { entriesOf, quote, type Written, wordOf } from './written.ts'

/**
 * An error for each upstream whose `provider` the catalogue does not know.
 *
 * @param registry Asked for only where an upstream names a provider: what comes along takes time to read.
 */
export function checkProviders(written: Written, registry: () => Registry): readonly Finding[] {
  return entriesOf(written.root, 'upstreams').flatMap(upstream => {
    const provider = wordOf(upstream, 'provider')
    if (provider === undefined || registry().provider(provider.text) !== undefined) return []
    const meant = registry().nearProvider(provider.text)
    return problem(
      provider.path,
      'TACIT_PROVIDER_UNKNOWN',
      `The catalogue knows no provider that is called ${quote(provider, written)}.`,
      meant === undefined
        ? 'Add it under `catalogue:`, or leave `provider` out: nothing is priced then.'
        : `Did you mean "${meant}"?`
    )
  })
}
