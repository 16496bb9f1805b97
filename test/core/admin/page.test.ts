/** The page in a real browser, in front of a whole gateway. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Page } from 'playwright-core'
import t from 'tap'
import { readPage } from '../../../core/admin/page.ts'
import { NO_BROWSER, openPage, startBrowser } from '../../support/browser.ts'
import { openResponse, send } from '../../support/client.ts'
import { startUsageGateway, TOKENS as USAGE_TOKENS } from '../../support/usage-gateway.ts'
import { digestOf, startAdminGateway } from './support.ts'

/** A browser has to start, and machines that run tests are busy. */
t.setTimeout(300_000)
const REAL = { skip: NO_BROWSER, timeout: 120_000 }

const VIEWS = ['traffic', 'exchanges', 'plugins', 'consumers', 'limits', 'usage', 'configuration', 'explain']
const TOKENS = (['viewer', 'operator'] as const).map(role => ({
  id: role,
  role,
  keyHash: digestOf(`token-of-${role}`)
}))
const LIVE = '#state[data-kind=good]'
const chat = { host: 'chat.example' }

t.test('is shipped as it is served: no script and no style stands in the page itself', async t => {
  const files = readPage()
  const index = files.find(({ path }) => path === '/')?.body ?? ''
  t.notMatch(index, /<script(?![^>]*\ssrc="\/page\/)|<style|\sstyle=|\son\w+=|javascript:|https?:/)
  for (const [, link = ''] of index.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
    t.ok(
      files.some(({ path }) => path === link),
      link
    )
  }
  const scripts = files.filter(({ path }) => path.endsWith('.js'))
  t.ok(scripts.length > 5)
  for (const { path, body } of scripts) {
    t.notMatch(
      body,
      /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|cookie\b.*=|localStorage/,
      path
    )
    for (const [, module = ''] of body.matchAll(/from '([^']+)'/g)) {
      t.ok(
        files.some(file => file.path === `/page/${module.slice(2)}`),
        `${path} imports ${module}`
      )
    }
  }
})

t.test('shows what goes through, as it goes', REAL, async t => {
  const { gateway } = await startAdminGateway(t, {}, exchange => {
    exchange.answer(exchange.target === '/bad' ? 500 : 200, {}, 'x')
  })
  const { page, troubles, asked } = await openPage(t, await startBrowser(t))
  await page.goto(gateway.adminUrl)
  await page.waitForSelector(LIVE)
  t.match(await page.title(), 'Traffic')
  for (const path of ['/good', '/good', '/bad']) await send({ url: `${gateway.url}${path}`, headers: chat })
  const row = page.locator('tr', { hasText: 'chat.example' })
  await row.locator('td[data-title="Since start"]', { hasText: '3' }).waitFor()
  await row.locator('td[data-title="Errors"].bad', { hasText: '33.3 %' }).waitFor()
  await page.locator('.tile', { hasText: 'Errors' }).locator('.aside', { hasText: '1 error, 0 refusals' }).waitFor()
  t.match(await row.locator('svg.spark').getAttribute('aria-label'), 'chat: 3 requests in five minutes')
  t.match(await row.locator('svg.spark .line').getAttribute('d'), /^M/)
  t.strictSame(troubles, [])
  t.strictSame(
    asked.filter(url => !url.startsWith(`${gateway.adminUrl}/`)),
    [],
    'nothing is asked of anybody else'
  )
})

t.test('shows streams in flight, and nothing of what is said in them', REAL, async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { gateway } = await startAdminGateway(t, {}, async exchange => {
    await exchange.body
    exchange.head(200, { 'content-type': 'text/event-stream' })
    await exchange.write('data: {"said":"canary-answer"}\n\n')
    await promise
    exchange.end()
  })
  const response = await openResponse({ url: `${gateway.url}/canary-path`, headers: chat, body: 'canary-body' })
  await once(response, 'readable')
  const { page } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#exchanges`)
  const row = page.locator('tbody tr')
  await row.waitFor()
  t.match(await row.innerText(), /chat[\s\S]*stream[\s\S]*upstream \/ peer-[12][\s\S]*200[\s\S]*11 B/)
  await page.click('nav a[href="#traffic"]')
  await page.locator('.tile .aside', { hasText: '1 of them a stream' }).waitFor()
  t.notMatch(await page.content(), /canary/)
  resolve()
  response.resume()
})

t.test('asks for a token, keeps it in its tab alone, and forgets it', REAL, async t => {
  const { gateway } = await startAdminGateway(t, { admin: { port: 0, tokens: TOKENS } })
  const { page, context, asked } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#configuration`)
  await page.waitForSelector('#token')
  const before = asked.length
  await page.fill('#token', 'canary-token')
  await page.click('.lock button')
  await page.locator('[role=alert]', { hasText: 'This token is not known here.' }).waitFor()
  t.ok(
    asked.slice(before).every(url => !url.includes('canary-token')),
    'no token in an address'
  )
  await page.fill('#token', 'token-of-viewer')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.yaml')
  await page.waitForSelector(LIVE)
  t.notOk(await page.isVisible('.for-operators'), 'a viewer is offered nothing to change')
  t.strictSame(await context.cookies(), [])
  t.equal(await page.evaluate('localStorage.length'), 0)
  await page.reload()
  await page.waitForSelector('.yaml')
  await page.click('#forget')
  await page.waitForSelector('#token')
  t.equal(await page.evaluate('sessionStorage.length'), 0)
})

t.test('works where the browser keeps nothing', REAL, async t => {
  const { gateway } = await startAdminGateway(t, { admin: { port: 0, tokens: TOKENS } })
  const { page, troubles } = await openPage(t, await startBrowser(t))
  // As Chromium does where all cookies are blocked.
  await page.addInitScript(
    `Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError') } })`
  )
  await page.goto(gateway.adminUrl)
  await page.fill('#token', 'token-of-viewer')
  await page.keyboard.press('Enter')
  await page.waitForSelector(LIVE)
  t.strictSame(
    troubles.filter(text => !text.includes('401')),
    []
  )
})

t.test('shows the configuration without its secrets, and lets an operator take it anew', REAL, async t => {
  const { gateway } = await startAdminGateway(t, { admin: { port: 0, tokens: TOKENS } })
  const { page } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#configuration`)
  await page.fill('#token', 'token-of-operator')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.yaml .key')
  const shown = await page.locator('.yaml').innerText()
  t.match(shown, /^digestKey: \$\{DIGEST_KEY\}$/m)
  t.match(shown, /^ {2}- id: ada$/m)
  t.match(shown, /^ {8}keyHash: \[digest\]$/m)
  t.match(shown, /^ {4}plugins:\n {6}- use: key-auth\n {8}config:\n {10}header: authorization$/m)
  t.notMatch(await page.content(), /key-of-these-tests|hmac-sha256|token-of-operator/)
  await page.click('.for-operators')
  await page.locator('.notice.good', { hasText: 'The file says the same as before.' }).waitFor()
})

t.test('shows how limits and budgets of somebody stand, and lets an operator change them', REAL, async t => {
  const { gateway } = await startAdminGateway(t, {
    admin: { port: 0, tokens: TOKENS },
    routes: [
      {
        id: 'chat',
        match: { path: '/*' },
        upstream: 'upstream',
        plugins: [
          { use: 'key-auth' },
          { use: 'rate-limit', config: { limits: [{ requests: 5, each: 'month' }] } },
          { use: 'budget', config: { budgets: [{ amount: '2.00 USD', each: 'month', name: 'allowance' }] } },
          { use: 'metering' }
        ]
      }
    ]
  })
  const { page, troubles } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#limits`)
  await page.fill('#token', 'token-of-operator')
  await page.keyboard.press('Enter')
  await page.fill('#whose-consumer', 'ada')
  await page.keyboard.press('Enter')
  const row = (name: string) => page.locator('tbody tr', { hasText: name })
  await row('allowance').locator('td', { hasText: '2.00 USD' }).first().waitFor()
  t.match(await row('requests-month').innerText(), /consumer\s+0\s+0\s+5\s+5/)
  await page.selectOption('#which', { label: 'requests-month' })
  await page.fill('#amount', '3')
  await page.click('.for-operators button[type=submit]')
  await row('requests-month').locator('td[data-title=Left]', { hasText: '8' }).waitFor()
  await page.selectOption('#which', { label: 'allowance' })
  await page.fill('#amount', '1.50 USD')
  await page.click('.for-operators button[type=submit]')
  await row('allowance').locator('td[data-title=Left]', { hasText: '3.50 USD' }).waitFor()
  await page.click('.for-operators button[type=button]')
  await page.locator('.notice.good', { hasText: 'allowance: done.' }).waitFor()
  await row('allowance').locator('td[data-title=Left]', { hasText: '2.00 USD' }).waitFor()
  await page.fill('#amount', 'much')
  await page.click('.for-operators button[type=submit]')
  await page.locator('.notice.bad').waitFor()
  t.strictSame(
    troubles.filter(text => !text.includes('401') && !text.includes('400')),
    []
  )
})

t.test('shows usage by consumer and model, exactly in tables and day by day in pictures', REAL, async t => {
  const { gateway, call } = await startUsageGateway(t)
  await call('ada', 'small', 1_000, 10)
  await call('bob', 'large', 7_777, 777)
  await call('bob', 'large', 1, 1)
  const { page, troubles } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#usage`)
  await page.fill('#token', USAGE_TOKENS.viewer)
  await page.keyboard.press('Enter')
  const row = (name: string) => page.locator('tbody tr', { hasText: name })
  await row('bob').locator('td', { hasText: '0.1089 USD' }).waitFor()
  t.match(await row('ada').innerText(), /1\s+1,000\s+10\s+0\.00104 USD/)
  t.match(await row('large').innerText(), /2\s+7,778\s+778\s+0\.1089 USD/)
  t.equal(await page.locator('figure.columns svg rect').count(), 4, 'two consumers and two models on one day')
  await page.selectOption('#usage-measure', 'requests')
  await page.locator('svg[aria-label^="By consumer, 7 days. bob 2, ada 1."]').waitFor()
  await page.fill('#usage-consumer', 'ada')
  await page.keyboard.press('Enter')
  await row('bob').waitFor({ state: 'detached' })
  t.equal(await row('small').count(), 1)
  t.strictSame(
    troubles.filter(text => !text.includes('401')),
    []
  )
})

t.test('explains a request', REAL, async t => {
  const { gateway } = await startAdminGateway(t, {}, () => {
    t.fail('something was sent')
  })
  const { page, troubles } = await openPage(t, await startBrowser(t))
  await page.goto(`${gateway.adminUrl}/#explain`)
  await page.selectOption('#method', 'GET')
  await page.fill('#target', '/x')
  await page.fill('#headers', 'host: chat.example\n\naccept: text/plain')
  await page.click('form button')
  await page.locator('.verdict .status', { hasText: '200' }).waitFor()
  const way = await page.locator('.way').innerText()
  t.match(way, /Way in[\s\S]*Try 1: upstream \/ peer-[12][\s\S]*least-latency[\s\S]*not peer-[12][\s\S]*Answer/)
  await page.fill('#headers', 'no colon')
  await page.click('form button')
  await page.locator('.notice.bad').waitFor()
  t.strictSame(
    troubles.filter(text => !text.includes('400')),
    []
  )
})

t.test('no other page can put it into a frame, or ask in its name', REAL, async t => {
  const { gateway } = await startAdminGateway(t)
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<iframe src="${gateway.adminUrl}"></iframe>`)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const { page } = await openPage(t, await startBrowser(t))
  await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
  const inner = page.frames().find(frame => frame !== page.mainFrame())
  t.equal(
    await inner
      ?.locator('#state')
      .count()
      .catch(() => 0),
    0
  )
  const ask = (options: string) =>
    page.evaluate(
      `fetch('${gateway.adminUrl}/v1/status', ${options}).then(({ status, type }) => [status, type], () => 'refused')`
    )
  t.equal(await ask('{}'), 'refused', 'the answer is not for it')
  t.strictSame(await ask(`{ mode: 'no-cors' }`), 'refused', 'nor is a picture of it')
  t.equal(await ask(`{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }`), 'refused')
})

t.test('asks again only when it has been answered', REAL, async t => {
  const { gateway } = await startAdminGateway(t)
  const { page, asked } = await openPage(t, await startBrowser(t))
  await page.clock.install()
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route('**/v1/traffic*', async route => {
    await promise
    await route.continue()
  })
  await page.goto(gateway.adminUrl, { waitUntil: 'commit' })
  await page.waitForRequest('**/v1/traffic*')
  await page.clock.runFor(6_000)
  const traffic = () => asked.filter(url => url.includes('/v1/traffic')).length
  t.equal(traffic(), 1)
  resolve()
  await page.waitForSelector(LIVE)
  const again = page.waitForRequest('**/v1/traffic?since=*')
  await page.clock.runFor(2_500)
  await again
  t.equal(traffic(), 2)
})

t.test('says when the gateway does not answer, and goes on when it does', REAL, async t => {
  const { gateway } = await startAdminGateway(t)
  const { page } = await openPage(t, await startBrowser(t))
  await page.goto(gateway.adminUrl)
  await page.waitForSelector(LIVE)
  await page.route('**/v1/*', route => route.abort())
  await page.locator('#state[data-kind=bad]', { hasText: 'No answer' }).waitFor()
  await page.unroute('**/v1/*')
  await page.waitForSelector(LIVE)
})

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`fits a phone, names everything and can be read, ${colorScheme}`, REAL, async t => {
    const { gateway } = await startAdminGateway(t)
    await send({ url: `${gateway.url}/x`, headers: chat })
    const browser = await startBrowser(t)
    for (const width of [360, 1280]) {
      const { page, troubles } = await openPage(t, browser, { colorScheme, viewport: { width, height: 800 } })
      for (const view of VIEWS) {
        await page.goto(`${gateway.adminUrl}/#${view}`)
        await page.waitForSelector(LIVE)
        t.ok(
          await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
          `${view} is not wider than ${width}`
        )
        t.equal(await page.locator('h1').count(), 1, `${view} has one title`)
        t.equal(await page.locator('nav a[aria-current=page]').getAttribute('href'), `#${view}`)
        t.strictSame(await page.evaluate(UNNAMED), [], `${view} names its fields, buttons and pictures`)
        t.strictSame(await faint(page), [], `${view} can be read`)
      }
      t.strictSame(troubles, [])
    }
  })
}

/** What can be used or looked at and has no name. */
const UNNAMED = `[...document.querySelectorAll('input, select, textarea, button, svg[role=img], a')].filter(element =>
  element.checkVisibility() && !(element.labels?.length > 0 || element.textContent.trim() !== '' || element.getAttribute('aria-label'))
).map(element => element.outerHTML)`

/** Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
function faint(page: Page): Promise<unknown> {
  return page.evaluate(`(() => {
    const channels = color => color.match(/[\\d.]+/g).map(Number)
    const light = ([r, g, b]) => [r, g, b]
      .map(value => value / 255)
      .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0)
    const behind = element => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor)
        if ((color[3] ?? 1) === 1) return color
      }
      return [255, 255, 255]
    }
    const found = new Set()
    for (const element of document.querySelectorAll('body *')) {
      const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim() !== '')
      if (!own || !element.checkVisibility() || element.closest('.hidden, .skip, thead, noscript, :disabled')) continue
      const [one, other] = [light(channels(getComputedStyle(element).color)), light(behind(element))]
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
      if (contrast < 4.5) found.add(element.tagName + '.' + element.className + ' ' + contrast.toFixed(2))
    }
    return [...found]
  })()`)
}
