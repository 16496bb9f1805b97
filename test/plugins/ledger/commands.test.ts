import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { newKey } from '../../../plugins/ledger/signing.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { startUsageGateway, TOKENS } from '../../support/usage-gateway.ts'

const KEY = newKey()
const MONTH = new Date().toISOString().slice(0, 7)

/** A gateway that signs, and what `tacit` prints beside it. */
async function start(t: Parameters<typeof startUsageGateway>[0]) {
  const gateway = await startUsageGateway(t, { statements: { key: KEY.secret, issuer: 'Acme' } })
  const tacit = async (...args: readonly string[]) => {
    const terminal = new TestTerminal('', { TACIT_ADMIN_TOKEN: TOKENS.viewer })
    const admin = /^(?:usage|reconcile|receipt check)/.test(args.slice(0, 2).join(' '))
      ? ['--admin', gateway.gateway.adminUrl ?? '']
      : []
    const code = await main([...args, ...admin], terminal)
    return { code, printed: terminal.printed, complained: terminal.complained }
  }
  await gateway.call('ada', 'small', 1_000, 10)
  await gateway.call('bob', 'large', 7_777, 777)
  const count = async () => JSON.parse((await gateway.look('/usage')).text).figures[0]?.requests
  while ((await count()) !== 2);
  const file = async (name: string, content: string) => {
    const path = join(gateway.directory, name)
    await writeFile(path, content)
    return path
  }
  return { ...gateway, tacit, file }
}

t.test('tacit usage prints a table', async t => {
  const { tacit } = await start(t)
  const { code, printed, complained } = await tacit('usage', '--by', 'consumer', 'model')
  t.equal(complained, '')
  t.equal(code, 0)
  t.match(
    printed,
    /CONSUMER +MODEL +REQUESTS +INPUT +CACHED +OUTPUT +COST\nada +small +1 +1000 +0 +10 +0\.00104 USD\nbob +large +1 +7777/
  )
  t.match(await tacit('usage', '--consumer', 'ada', '--step', 'day'), { printed: /T00:00:00\.000Z +small +1 / })
  t.match(await tacit('usage', '--from', '2020-01-01', '--to', '2020-02-01'), {
    code: 0,
    printed: 'Nothing was used then.\n'
  })
  t.match(await tacit('usage', '--from', 'never'), { code: 1, complained: /at most 1000 steps/ })
})

t.test('a statement is checked without asking anybody, and made anew from figures and from rows', async t => {
  const { tacit, ask, look, file } = await start(t)
  const { status, text } = await ask('ada', `/usage/statements/${MONTH}`)
  t.equal(status, 200)
  t.match(JSON.parse(text), {
    statement: {
      consumer: 'ada',
      month: MONTH,
      issuer: 'Acme',
      isFinal: false,
      totals: [{ currency: 'USD', costNano: '1040000' }]
    },
    signature: { algorithm: 'Ed25519', key: KEY.public }
  })
  t.notMatch(text, /bob|7777/)
  const receipt = await file('receipt.json', text)
  t.match(await tacit('receipt', 'verify', receipt, '--key', KEY.public), {
    code: 0,
    printed: /^valid: ada, .* signed for Acme\n0\.00104 USD; the month was not over\nsha256 [0-9a-f]{64}\n$/
  })
  t.match(await tacit('receipt', 'verify', receipt, '--key', newKey().public), { code: 3, printed: /^NOT VALID/ })
  const forged = await file('forged.json', text.replace('"requests":1', '"requests":0'))
  t.match(await tacit('receipt', 'verify', forged, '--key', KEY.public), { code: 3, printed: /^NOT VALID/ })
  t.match(await tacit('receipt', 'verify', await file('x.json', '{'), '--key', KEY.public), {
    code: 1,
    complained: /holds no statement/
  })
  t.match(await tacit('receipt', 'check', receipt), { code: 0, printed: /^the same: 1 lines, made anew from rollups/ })
  t.match(await tacit('receipt', 'check', receipt, '--source', 'rows'), { code: 0, printed: /made anew from rows/ })
  t.match(await tacit('receipt', 'check', forged), { code: 3, printed: /^NOT THE SAME/ })
  t.match(JSON.parse((await look(`/usage/statements/bob/${MONTH}`)).text), { statement: { consumer: 'bob' } })
  t.equal((await ask('ada', `/usage/statements/bob/${MONTH}`)).status, 404)
  t.equal((await ask('ada', '/usage/statements/2026-13')).status, 400)
  t.match((await tacit('receipt', 'key')).printed, /^secret {2}ed25519-secret:.{43}\npublic {2}ed25519:.{43}\n$/)
})

t.test('an invoice is compared model by model', async t => {
  const { tacit, file } = await start(t)
  const invoice = await file('invoice.csv', 'Model,Tokens in,Amount\nsmall,1000,0.00104\nLARGE,7777,0.10885\n')
  const columns = [
    '--model-column',
    'Model',
    '--cost-column',
    'Amount',
    '--input-column',
    'Tokens in',
    '--alias',
    'LARGE=large'
  ]
  t.match(await tacit('reconcile', invoice, ...columns), {
    code: 0,
    printed: /large +cost USD +0\.10885 +0\.10885 +0\n[\s\S]*The invoice is what was counted\.\n$/
  })
  const dear = await file('dear.csv', 'Model,Tokens in,Amount\nsmall,1000,0.00105\nlarge,7777,0.10885\n')
  t.match(await tacit('reconcile', dear, ...columns), {
    code: 3,
    printed: /small +cost USD +0\.00104 +0\.00105 +-0\.00001 +DIFFERS\n[\s\S]*1 of 4 figures differ/
  })
  t.equal((await tacit('reconcile', dear, ...columns, '--tolerance', '1%')).code, 0)
  t.equal((await tacit('reconcile', dear, ...columns, '--tolerance-amount', '0.00001')).code, 0)
  t.match(await tacit('reconcile', dear), { code: 1, complained: /Name a column to compare/ })
})

t.test('a gateway without a key signs nothing', async t => {
  const { ask } = await startUsageGateway(t)
  t.match(await ask('ada', `/usage/statements/${MONTH}`), { status: 404, text: /statements_not_configured/ })
})
