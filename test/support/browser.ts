/**
 * A real Chromium for tests of pages, where the machine has one. Nothing is
 * installed or downloaded by it. It knows nothing of what a page shows.
 */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Teardown } from './upstream.ts'

const PLACES = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
]

/** Where the browser is; undefined where there is none. The variable `CHROMIUM` names another. */
export const CHROMIUM = PLACES.find(path => path !== '' && existsSync(path))

/** Why tests of pages are skipped; false where they are not. */
export const NO_BROWSER: string | false =
  CHROMIUM === undefined
    ? 'SKIPPED: there is no Chromium here; install it, or name one in the variable CHROMIUM'
    : false

/** Starts the browser; it ends with the test. */
export async function startBrowser(t: Teardown): Promise<Browser> {
  if (CHROMIUM === undefined) throw new TypeError('no browser')
  // Its sandbox does not start for root, and what is opened here is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath: CHROMIUM, args })
  t.teardown(() => browser.close())
  return browser
}

/** A page, and everything that went wrong in it or left for elsewhere. */
export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of scripts, of the policy on content and of loading, as the console tells them. */
  readonly troubles: string[]
  /** Addresses that were asked for. */
  readonly asked: string[]
}

/** Opens an empty page with storage and cookies of its own. */
export async function openPage(
  t: Teardown,
  browser: Browser,
  options: BrowserContextOptions = {}
): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const troubles: string[] = []
  const asked: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text())
  })
  page.on('pageerror', error => troubles.push(String(error)))
  page.on('request', request => asked.push(request.url()))
  return { page, context, troubles, asked }
}
