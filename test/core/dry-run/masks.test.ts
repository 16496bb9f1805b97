import t from 'tap'
import { masksFor } from '../../../core/dry-run/masks.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

const masks = masksFor(
  await loadForDryRun(
    {
      ...TWO_UPSTREAMS,
      digestKey: '${DIGEST}',
      plugins: [{ use: 'upstream-auth', config: { secret: '${LLM}' } }]
    },
    [],
    { DIGEST: 'the-digest-key-of-a-test', LLM: 'the-digest' }
  )
)

t.test('hides every secret of the configuration in a text, the longest first', async t => {
  t.equal(masks.text('a the-digest-key-of-a-test b the-digest c'), 'a [secret] b [secret] c')
  t.equal(masks.text('nothing here'), 'nothing here')
})

t.test('hides what carries a credential by its name, and keeps the scheme', async t => {
  t.equal(masks.header('Authorization', 'Bearer anything'), 'Bearer [secret]')
  t.equal(masks.header('x-api-key', 'short'), '[secret]')
  t.equal(masks.header('x-client-secret', 'short'), '[secret]')
  t.equal(masks.header('x-team', 'search'), 'search')
  t.equal(masks.header('x-team', 'sk-live-abcdefghijklmnop'), '[secret]')
})

t.test('hides secrets in a target, however they are encoded, and keeps the rest byte for byte', async t => {
  const loaded = await loadForDryRun(
    { ...TWO_UPSTREAMS, plugins: [{ use: 'upstream-auth', config: { secret: '${LLM}', query: 'key' } }] },
    [],
    { LLM: 'a+b/c=d e?f' }
  )
  const { target } = masksFor(loaded)
  t.equal(target('/v1/x%2Fy?a=%3D&key=a%2Bb%2Fc%3Dd%20e%3Ff'), '/v1/x%2Fy?a=%3D&key=[secret]')
  t.equal(target('/v1?key=a%2bb%2fc%3dd+e%3ff&z'), '/v1?key=[secret]&z')
  t.equal(target('/v1?key=a+b/c=d e?f'), '/v1?key=[secret]')
  t.equal(target('/v1/a%2Bb%2Fc%3Dd%20e%3Ff/x?b'), '/v1/[secret]/x?b')
  t.equal(target('/v1?api%5Fkey=short&access_token=x'), '/v1?api%5Fkey=[secret]&access_token=[secret]')
  t.equal(target('/v1//%zz?&&=&a==b'), '/v1//%zz?&&=&a==b')
  t.equal(target('*'), '*')
})
