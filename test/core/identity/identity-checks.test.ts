import t from 'tap'
import {
  checkSettings,
  conflictError,
  credentialFields,
  invalid,
  readOnly,
  rowText
} from '../../../core/identity/identity-checks.ts'
import { Digest, type PluginDefinition, Secret, Type } from '../../../core/plugin.ts'
import { consumerRow, digestOf } from './support.ts'

const plugin: PluginDefinition = {
  contract: 1,
  name: 'mine',
  summary: 'Is asked.',
  data: { reads: [] },
  setup: () => ({}),
  config: Type.Object({}),
  credential: Type.Object({ keyHash: Digest(), pin: Type.Optional(Secret()) }),
  consumerConfig: Type.Object({ plan: Type.String(), burst: Type.Integer({ default: 3 }) })
}
const definitions = new Map([['mine', plugin]])

t.test('a row is written as it will be read, or not at all', async t => {
  const row = consumerRow('team', { labels: { a: 'b' } })
  t.strictSame(JSON.parse(rowText('consumer', row)), row)
  t.throws(() => rowText('consumer', consumerRow('Not a name')), { code: 'TACIT_IDENTITY_INVALID' })
  const huge = consumerRow('team', { settings: { mine: { plan: 'x'.repeat(100_000) } } })
  t.throws(() => rowText('consumer', huge), { code: 'TACIT_IDENTITY_INVALID' })
})

t.test('a group may leave to its consumers what they must set; a consumer may not', async t => {
  t.doesNotThrow(() => checkSettings({ mine: { burst: 1 } }, definitions, undefined))
  const below = (group: object | undefined) => () => [{ burst: 3 }, group] as const
  t.throws(() => checkSettings({ mine: { burst: 1 } }, definitions, below(undefined)), {
    code: 'TACIT_SETTINGS_INVALID'
  })
  t.doesNotThrow(() => checkSettings({ mine: { burst: 1 } }, definitions, below({ plan: 'x' })))
})

t.test('a credential holds its digest where the plugin looks for it, and no secret', async t => {
  const digest = digestOf('secret')
  t.strictSame(credentialFields('mine', {}, digest, definitions), { keyHash: digest })
  t.strictSame(credentialFields('mine', { keyHash: 'another' }, digest, definitions), { keyHash: digest })
  t.throws(() => credentialFields('mine', { pin: '1234' }, digest, definitions), { code: 'TACIT_SETTINGS_SECRET' })
})

t.test('says what is wrong by stable codes', async t => {
  t.strictSame(
    [conflictError('exists').code, conflictError('changed').code, readOnly().code, invalid('No.').code],
    ['TACIT_IDENTITY_EXISTS', 'TACIT_IDENTITY_CHANGED', 'TACIT_IDENTITY_READ_ONLY', 'TACIT_IDENTITY_INVALID']
  )
})
