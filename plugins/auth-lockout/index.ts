/** Makes those wait who have guessed wrong, longer each time: by their address, and by how the keys begin that they try. */
import { LRUCache } from 'lru-cache'
import { Duration, definePlugin, type Exchange, type HeadersView, privateKey, Type } from 'tacit-gateway/plugin'
import { waitAfter } from './back-off.ts'

/** Addresses and beginnings of keys that are remembered. */
const REMEMBERED = 100_000
/** Characters of a key that tell it from others without being one. */
const PREFIX_LENGTH = 12
const SCHEME = /^[A-Za-z][A-Za-z0-9-]{0,31} +/

/** Whom the failure of an exchange counts against. */
interface Suspects {
  readonly address: string
  readonly prefix: string | undefined
}

/** What is known of an address, or of keys that begin in one way. */
interface Trail {
  readonly failures: number
  /** Monotonic ms. */
  readonly untilMs: number
}

const SUSPECTS = privateKey<Suspects>('auth-lockout/suspects')

export default definePlugin({
  contract: 1,
  name: 'auth-lockout',
  summary: 'Makes those wait who have guessed credentials wrong, longer each time.',
  guard: true,
  config: Type.Object({
    free: Type.Integer({ minimum: 1, default: 5, description: 'Wrong guesses of one address that cost nothing.' }),
    freePerPrefix: Type.Integer({
      minimum: 1,
      default: 20,
      description: 'Wrong guesses that begin like one key, from wherever they come, that cost nothing.'
    }),
    base: Duration({ default: '1s', description: 'Wait after the first one that is not free. It doubles with each.' }),
    max: Duration({ default: '15m', description: 'Longest wait.' }),
    forget: Duration({ default: '1h', description: 'After how long without a wrong guess everything is forgotten.' }),
    headers: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }), {
      default: ['authorization', 'x-api-key', 'x-goog-api-key'],
      description: 'Headers that carry credentials.'
    })
  }),
  reasons: {
    locked_out: { status: 429, message: 'Too many wrong credentials. Wait before the next one.', retryable: true }
  },
  data: { reads: ['metadata', 'credential'] },

  setup({ free, freePerPrefix, base: baseMs, max: maxMs, forget: forgetMs, headers }, host) {
    // Beginnings of keys are remembered as digests, with a key that nobody has.
    host.credentials.digest('')
    const names = headers.map(name => name.toLowerCase())
    const byAddress = { free, baseMs, maxMs }
    const byPrefix = { free: freePerPrefix, baseMs, maxMs }
    // By size, since a number of entries is set aside at once.
    const records = new LRUCache<string, Trail>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })

    const waitMs = (who: string | undefined): number => {
      const record = who === undefined ? undefined : records.get(who)
      return record === undefined ? 0 : record.untilMs - host.clock.monotonic()
    }

    const failed = (who: string, backOff: typeof byAddress): void => {
      const nowMs = host.clock.monotonic()
      const record = records.get(who)
      const isOld = record !== undefined && nowMs - record.untilMs >= forgetMs
      count(who, backOff, (isOld ? 0 : (record?.failures ?? 0)) + 1)
      // Others may have seen some, too. Their sum comes when it comes: the wait here has begun.
      host.store.increment(`failures/${host.credentials.digest(who)}`, 1, forgetMs).then(
        all => count(who, backOff, all),
        () => {}
      )
    }

    /** Fewer than were known change nothing. */
    const count = (who: string, backOff: typeof byAddress, failures: number): void => {
      const nowMs = host.clock.monotonic()
      const record = records.get(who)
      if (record !== undefined && nowMs - record.untilMs < forgetMs && failures <= record.failures) return
      records.set(who, { failures, untilMs: nowMs + waitAfter(failures, backOff) })
    }

    return {
      requestFilter(exchange: Exchange, request) {
        const address = `address ${request.clientIp}`
        const begins = prefixIn(request.headers, names)
        const prefix = begins === undefined ? undefined : `prefix ${host.credentials.digest(begins)}`
        const longestMs = Math.max(waitMs(address), waitMs(prefix))
        // Without looking at the credential: what came of it would be the answer to one more guess.
        if (longestMs > 0) return host.refuse('locked_out', { retryAfterMs: longestMs })
        exchange.set(SUSPECTS, { address, prefix })
        return undefined
      },

      logging(exchange, { source, reason, end }) {
        const suspects = exchange.get(SUSPECTS)
        // Who sends nothing guesses nothing.
        if (suspects === undefined || source !== 'gateway' || end.status !== 401) return
        if (reason === undefined || reason.startsWith('missing_')) return
        failed(suspects.address, byAddress)
        if (suspects.prefix !== undefined) failed(suspects.prefix, byPrefix)
      },

      show: () => ({ lockout: { remembered: records.size } })
    }
  }
})

/** How the first credential of a request begins; undefined where there is none. */
function prefixIn(headers: HeadersView, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers.get(name)?.replace(SCHEME, '').trim()
    if (value !== undefined && value !== '') return value.slice(0, PREFIX_LENGTH)
  }
  return undefined
}
