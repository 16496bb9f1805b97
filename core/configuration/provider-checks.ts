/** Checks the providers that upstreams name against the catalogue. Knows nothing of how that was read. */
import type { Registry } from '../catalogue/registry.ts'
import { type Finding, problem } from './finding.ts'
import type { Path } from './path.ts'
import { entriesOf, quote, type Written, wordOf } from './written.ts'

/** An address that the catalogue gives to a peer which names none. */
export interface GivenAddress {
  /** Of the peer's `url`. */
  readonly path: Path
  readonly url: string
}

/**
 * The addresses of peers that leave them to the catalogue, and an error for each whose provider has none.
 *
 * @param registry As for {@link checkProviders}.
 */
export function addressesOfPeers(
  written: Written,
  registry: () => Registry
): { readonly given: readonly GivenAddress[]; readonly findings: readonly Finding[] } {
  const given: GivenAddress[] = []
  const findings: Finding[] = []
  for (const upstream of entriesOf(written.root, 'upstreams')) {
    for (const peer of entriesOf(upstream.value, 'peers', upstream.path)) {
      if (written.isWritten([...peer.path, 'url'])) continue
      const name = wordOf(upstream, 'provider')?.text
      const provider = name === undefined ? undefined : registry().provider(name)
      const { region } = peer.value
      const place = provider?.regions.find(({ id }) => id === region)
      const url = place?.baseUrl ?? provider?.baseUrl
      if (url !== undefined) given.push({ path: [...peer.path, 'url'], url })
      else {
        const message = 'This peer has no address.'
        const cure =
          name === undefined
            ? 'Write its `url`, or name the `provider` of its upstream, whose address the catalogue may know.'
            : 'Write its `url`: the catalogue knows no address of its provider.'
        findings.push(problem([...peer.path, 'id'], 'TACIT_PEER_ADDRESS_MISSING', message, cure))
      }
    }
  }
  return { given, findings }
}

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
