import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import ledger from '../../../plugins/ledger/index.ts'
import { newKey } from '../../../plugins/ledger/signing.ts'

t.test('needs no settings, and takes no key but one for statements', async t => {
  await t.resolves(drive(ledger, {}))
  const statements = (key: string) => drive(ledger, { statements: { key, issuer: 'Acme' } })
  await t.resolves(statements(newKey().secret))
  await t.rejects(statements(newKey().public), { message: /no key that `tacit receipt key` has made/ })
})
