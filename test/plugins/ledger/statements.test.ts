import { SecretText } from 'tacit-gateway/plugin'
import t from 'tap'
import { newKey } from '../../../plugins/ledger/signing.ts'
import { statementMaker } from '../../../plugins/ledger/statements.ts'

const HOST = {
  clock: { now: () => Date.UTC(2026, 11, 1), monotonic: () => 0 },
  query: async () => ({ rows: [], cursor: undefined }),
  rollup: async () => []
}
const settings = (timeZone: string) => ({ key: new SecretText(newKey().secret), issuer: 'Acme', timeZone })

t.test('a month is final once it is over in its zone', async t => {
  const asked = { consumer: 'ada', month: '2026-11', source: 'rollups' } as const
  const isFinal = async (zone: string) => (await statementMaker(HOST, settings(zone))?.(asked))?.statement.isFinal
  t.equal(await isFinal('UTC'), true)
  t.equal(await isFinal('Europe/Berlin'), true)
  t.equal(await isFinal('America/New_York'), false)
})

t.test('there is none without settings, and none of what is no month', async t => {
  t.equal(statementMaker(HOST, undefined), undefined)
  t.equal(
    await statementMaker(HOST, settings('UTC'))?.({ consumer: 'ada', month: '2026-00', source: 'rows' }),
    undefined
  )
})
