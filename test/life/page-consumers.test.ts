/** Consumers, groups and keys on the admin page, in a real browser, in front of a whole gateway. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { digestOf, startAdminGateway } from '../core/admin/support.ts'
import { NO_BROWSER, openPage, startBrowser } from '../support/browser.ts'
import { send } from '../support/client.ts'
import { routeOf } from '../support/gateway.ts'

/** A browser has to start, and machines that run tests are busy. */
t.setTimeout(300_000)
const REAL = { skip: NO_BROWSER, timeout: 120_000 }
const TOKENS = (['viewer', 'operator'] as const).map(role => ({
  id: role,
  role,
  keyHash: digestOf(`token-of-${role}`)
}))
const LIVE = '#state[data-kind=good]'

t.test('lets an operator make consumers and keys, and shows each key once', REAL, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-page-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { gateway } = await startAdminGateway(t, {
    admin: { port: 0, tokens: TOKENS },
    stores: { folder },
    routes: [routeOf({ id: 'chat', plugins: [{ use: 'key-auth' }] })]
  })
  const call = async (key: string) =>
    (await send({ url: gateway.url, headers: { authorization: `Bearer ${key}` } })).status
  const viewport = { width: 400, height: 800 }
  const { page, troubles, asked } = await openPage(t, await startBrowser(t), { viewport })
  page.on('dialog', dialog => dialog.accept())
  await page.goto(`${gateway.adminUrl}/#consumers`)
  await page.fill('#token', 'token-of-operator')
  await page.keyboard.press('Enter')
  const row = (name: string) => page.locator('tbody tr', { hasText: name })
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  t.match(await row('ada').innerText(), /ada[\s\S]*file[\s\S]*good\s*$/, 'nothing of the file is changed here')

  await page.fill('#new-group', 'gold')
  await page.keyboard.press('Enter')
  await row('gold').waitFor()
  await page.fill('#new-consumer', 'team')
  await page.fill('#new-consumer-group', 'gold')
  await page.keyboard.press('Enter')
  await row('team').locator('td', { hasText: 'store' }).waitFor()
  await press('Keys team')
  await page.locator('.empty', { hasText: 'It has no keys.' }).waitFor()
  await page.fill('#new-key', 'main')
  await page.keyboard.press('Enter')
  const first = await page.inputValue('#secret')
  t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'a key is not wider than a phone')
  t.match(first, /^tacit_\w{43}$/)
  await row('main')
    .locator('td', { hasText: first.slice(0, 12) })
    .waitFor()
  t.equal(await call(first), 200)
  await press('Hide the key')
  t.notOk((await page.content()).includes(first.slice(12)), 'nobody is told again')

  await press('Rotate main')
  await page.locator('.notice.good', { hasText: 'There is another key.' }).waitFor()
  const second = await page.inputValue('#secret')
  t.not(second, first)
  t.strictSame([await call(first), await call(second)], [200, 200])
  await press('Block main')
  await page.locator('.notice.good', { hasText: 'main is blocked.' }).waitFor()
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Unblock', 'the focus stays where it was')
  t.equal(await call(first), 401)
  await press('Revoke main')
  await page.locator('.notice.good', { hasText: 'main is revoked.' }).waitFor()
  await press('Block team')
  await row('team').locator('td', { hasText: 'blocked' }).first().waitFor()
  t.equal(await call(second), 401, 'with the consumer, its keys')
  await press('Unblock team')
  await page.locator('.notice.good', { hasText: 'not blocked any more' }).waitFor()
  t.equal(await call(second), 200)
  await press('Delete gold')
  await page.locator('.notice.bad', { hasText: 'Consumers belong to this group.' }).waitFor()
  await press('Delete team')
  await page.locator('.notice.good', { hasText: 'team is deleted.' }).waitFor()
  t.equal(await call(second), 401)
  t.ok(
    asked.every(url => !url.includes(first) && !url.includes(second)),
    'no key in an address'
  )
  t.strictSame(
    troubles.filter(text => !text.includes('401') && !text.includes('409')),
    []
  )
})

t.test('shows a viewer who may call, and offers nothing to change', REAL, async t => {
  const { gateway } = await startAdminGateway(t, { admin: { port: 0, tokens: TOKENS } })
  const { page, asked } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#consumers`)
  await page.fill('#token', 'token-of-viewer')
  await page.keyboard.press('Enter')
  await page.locator('tbody tr', { hasText: 'ada' }).waitFor()
  await page.waitForSelector(LIVE)
  t.equal(await page.locator('.for-operators:visible').count(), 0)
  const looks = () => asked.filter(url => url.includes('/v1/consumers')).length
  const before = looks()
  await page.waitForRequest('**/v1/status')
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.locator('.notice.good', { hasText: 'Looked.' }).waitFor()
  t.equal(looks(), before + 1, 'each look is noted, so nobody looks unasked')
})
