import t from 'tap'
import { builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { checkProviders } from '../../../core/configuration/provider-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

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
