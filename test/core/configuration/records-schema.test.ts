import t from 'tap'
import { RecordsBlock } from '../../../core/configuration/records-schema.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'

const DAY_MS = 86_400_000
const decoded = (value: object) => validate(RecordsBlock, value, [], new Substitutions()).decoded

t.test('needs nothing, and then keeps rows for a month and money for a year', async t => {
  t.strictSame(decoded({}), {
    directory: './records',
    oldMasterKeys: [],
    queue: 64 * 1024 * 1024,
    keep: {
      access: 30 * DAY_MS,
      usage: 30 * DAY_MS,
      billing: 400 * DAY_MS,
      audit: 400 * DAY_MS,
      account: 400 * DAY_MS,
      consent: 1_100 * DAY_MS
    }
  })
})

t.test('keeps keys from being printed', async t => {
  t.notMatch(JSON.stringify(decoded({ masterKey: 'hunter2', oldMasterKeys: ['hunter3'] })), /hunter/)
})
