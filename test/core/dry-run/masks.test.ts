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
