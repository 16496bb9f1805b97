import t from 'tap'
import { builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { addressesOfPeers, checkProviders } from '../../../core/configuration/provider-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { load } from './support.ts'

const findings = (upstreams: unknown, registry = builtInRegistry) =>
  checkProviders(
    { root: { upstreams }, substitutions: new Substitutions(), placeOf: () => 'line 1', isWritten: () => true },
    registry
  )

t.test('takes the providers of the catalogue, and upstreams that name none', async t => {
  t.strictSame(findings([{ provider: 'openai' }, { provider: 'anthropic' }, { id: 'ours' }]), [])
})

t.test('refuses a provider that the catalogue does not know, at its place, and says which was meant', async t => {
  const [finding, ...others] = findings([{ id: 'ours' }, { provider: 'antropic' }])
  t.match(finding, { path: ['upstreams', 1, 'provider'], code: 'TACIT_PROVIDER_UNKNOWN', cure: /"anthropic"/ })
  t.strictSame(others, [])
  t.match(findings([{ provider: 'cellar-machine' }]), [{ cure: /catalogue:/ }])
})

t.test('does not read the catalogue where no upstream names a provider', async t => {
  const unread = () => {
    throw new Error('the catalogue was read')
  }
  t.strictSame(findings([{ id: 'ours' }, {}, 5], unread), [])
  t.strictSame(findings(undefined, unread), [])
})

t.test('gives peers without an address that of their provider, in their region where it has one there', async t => {
  const upstreams = [
    { id: 'a', provider: 'openai', peers: [{ id: 'eu', region: 'eu' }, { id: 'any' }, { id: 'own', url: 'http://x' }] },
    { id: 'b', provider: 'azure', peers: [{ id: 'one' }] },
    { id: 'c', peers: [{ id: 'one' }] }
  ]
  const written = {
    root: { upstreams },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: (path: readonly unknown[]) => path.at(-1) === 'url' && path.at(-2) === 2
  }
  const { given, findings: missing } = addressesOfPeers(written, builtInRegistry)
  t.strictSame(given, [
    { path: ['upstreams', 0, 'peers', 0, 'url'], url: 'https://eu.api.openai.com' },
    { path: ['upstreams', 0, 'peers', 1, 'url'], url: 'https://api.openai.com' }
  ])
  t.strictSame(
    missing.map(({ path, code }) => [path.join('.'), code]),
    [
      ['upstreams.1.peers.0.id', 'TACIT_PEER_ADDRESS_MISSING'],
      ['upstreams.2.peers.0.id', 'TACIT_PEER_ADDRESS_MISSING']
    ]
  )
})

t.test('a configuration holds the address as if it had been written', async t => {
  const { configuration, masked } = await load(`version: 1
upstreams: [{ id: a, provider: anthropic, peers: [{ id: one }] }]
routes: [{ id: a, match: { path: /a }, upstream: a }]
`)
  t.equal(configuration.upstreams[0]?.peers[0]?.url, 'https://api.anthropic.com')
  t.match(masked(), { upstreams: [{ peers: [{ url: 'https://api.anthropic.com' }] }] })
})
