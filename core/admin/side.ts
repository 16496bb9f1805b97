/** Opens the admin listener of a gateway: what its health, its metrics and its endpoints are read from. */
import { systemClock } from '../clock.ts'
import { keyedDigest } from '../identity/digest.ts'
import type { Health } from '../plugin.ts'
import type { ReloadOutcome } from '../reload.ts'
import { type AdminListener, openAdmin } from '../server/admin.ts'
import { isLoopback } from '../server/admin-access.ts'
import type { Serving } from '../serving.ts'
import { SAMPLE_MS, Traffic } from '../traffic.ts'
import { isAudited, subjectsOf } from './audited.ts'
import { adminEndpoints } from './control.ts'
import { type FigureSource, figuresOf, oldestOf } from './figures.ts'
import { readPage } from './page.ts'

/** What the rest of the gateway does for its admin side. */
export interface AdminSideOptions {
  readonly isReady: () => boolean
  readonly health: () => Promise<Readonly<Record<string, Health>>>
  readonly metrics: () => Promise<string> | string
  readonly workersPage: () => Promise<string> | undefined
  readonly reload: () => Promise<ReloadOutcome>
  /** What goes through processes beside this one, which carries nothing then; undefined while there are none. */
  readonly others: () => FigureSource | undefined
  /** Descriptor of a bound socket to listen on, in place of the address. */
  readonly inherited?: number | undefined
}

/** Opens it, and takes looks at the traffic until it is closed. @throws GatewayError `TACIT_LISTEN_FAILED`. */
export async function openAdminSide(serving: Serving, options: AdminSideOptions): Promise<AdminListener> {
  const { logger, measures } = serving
  const { isReady, health, metrics, workersPage, reload, others, inherited } = options
  const current = () => serving.snapshot.loaded.configuration
  const { admin: block } = current()
  const going: FigureSource = {
    figures: () => others()?.figures() ?? figuresOf(serving),
    oldest: limit => others()?.oldest(limit) ?? oldestOf(serving, limit)
  }
  let latest = figuresOf(serving)
  const traffic = new Traffic({ routeFigures: () => latest.routes, peerFigures: () => latest.peers })
  const tokens = () => current().admin.tokens
  const listener = await openAdmin({
    admin: block,
    inherited,
    tokens,
    clock: systemClock,
    digest(token) {
      const { digestKey } = current()
      // Tokens are refused at load without one.
      if (digestKey === undefined) throw new TypeError('tokens without a key')
      return keyedDigest(digestKey.reveal(), token)
    },
    isReady,
    health,
    metrics,
    endpoints: adminEndpoints({
      clock: systemClock,
      startedAt: systemClock.now(),
      snapshot: () => serving.snapshot,
      going,
      measures,
      traffic,
      isReady,
      health,
      needsToken: () => tokens().length > 0 || !isLoopback(block.host),
      workersPage,
      reload,
      identities: () => serving.identities
    }),
    page: readPage(),
    acted(call) {
      if (!isAudited(call)) return
      const { actor, operation, status, isChange } = call
      if (isChange) logger.event('admin_called', { actor: actor.id, operation, status })
      serving.audit?.(actor.id, operation, status, subjectsOf(call))
    },
    refused: reason => logger.event('admin_refused', { reason }),
    failed: code => logger.event('admin_failed', { code })
  })
  let isLooking = false
  const sampling = setInterval(async () => {
    if (isLooking) return
    isLooking = true
    latest = await going.figures()
    isLooking = false
    traffic.sample()
  }, SAMPLE_MS).unref()
  const close = () => {
    clearInterval(sampling)
    return listener.close()
  }
  return { ...listener, close }
}
