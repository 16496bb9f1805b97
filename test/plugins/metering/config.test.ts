import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import metering from '../../../plugins/metering/index.ts'

const refused = (config: Record<string, unknown>) =>
  t.rejects(drive(metering, config), { code: /TACIT/ }, JSON.stringify(config))

t.test('takes nothing at all, and rules in which only the size is left out', async t => {
  await drive(metering)
  await drive(metering, { units: [{ unit: 'pages', per: 'request' }] })
  t.pass('both are set up')
})

t.test('refuses rules that count nothing, and units that no price could have', async () => {
  await refused({ units: [{ unit: 'pages', per: 'page' }] })
  await refused({ units: [{ unit: 'Pages of text', per: 'request' }] })
  await refused({ units: [{ unit: 'pages', per: 'request', of: 0 }] })
  await refused({ askForUsage: 'sometimes' })
})
