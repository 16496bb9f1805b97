/** Makes those wait who have guessed wrong, longer each time: by their address, and by how the keys begin that they try. */
import { LRUCache } from 'lru-cache'
import { Duration, definePlugin, type Exchange, type HeadersView, privateKey, Type } from 'tacit-gateway/plugin'
import { waitAfter } from './back-off.ts'
import { readWait, writeWait } from './shared-waits.ts'

/** Addresses and beginnings of keys that are remembered. */
const REMEMBERED = 100_000
/** Addresses and beginnings of keys of which it is remembered that nobody else made them wait, and for how long, in ms. */
const HEARD = 20_000
const HEARD_MS = 1_000
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

/** What is being heard, or was, of somebody. */
interface Hearing {
  /** Monotonic ms from which on it is asked again. */
  readonly untilMs: number
  /** Until it is there. */
  answer: Promise<void> | undefined
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
    // Apart from those, whom nobody who only comes by can then push out.
    const heard = new LRUCache<string, Hearing>({ maxSize: HEARD, sizeCalculation: () => 1 })

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
      tell(who, backOff).catch(() => {})
    }

    /** Adds a failure to those of all, and tells them how long to wait for it. */
    const tell = async (who: string, backOff: typeof byAddress): Promise<void> => {
      const digest = host.credentials.digest(who)
      const all = await host.store.increment(`failures/${digest}`, 1, forgetMs)
      count(who, backOff, all)
      const waitMs = waitAfter(all, backOff)
      if (waitMs > 0) await host.store.set(`wait/${digest}`, writeWait(all, host.clock.now() + waitMs), waitMs)
    }

    /** Asks whether others make somebody wait; undefined where that is known. All who come meanwhile wait for one answer. */
    const hear = (who: string | undefined): Promise<void> | undefined => {
      if (who === undefined) return undefined
      const nowMs = host.clock.monotonic()
      const before = heard.get(who)
      if (before !== undefined && nowMs < before.untilMs) return before.answer
      const hearing: Hearing = { untilMs: nowMs + HEARD_MS, answer: undefined }
      const learn = (told: string | undefined) => {
        hearing.answer = undefined
        const wait = readWait(told, host.clock.now(), maxMs)
        if (wait !== undefined && wait.waitMs > waitMs(who)) {
          records.set(who, { failures: wait.failures, untilMs: host.clock.monotonic() + wait.waitMs })
        }
      }
      // Where nobody can be asked, what is known here has to do.
      hearing.answer = host.store.get(`wait/${host.credentials.digest(who)}`).then(learn, () => learn(undefined))
      heard.set(who, hearing)
      return hearing.answer
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
        const judge = () => {
          const longestMs = Math.max(waitMs(address), waitMs(prefix))
          // Without looking at the credential: what came of it would be the answer to one more guess.
          if (longestMs > 0) return host.refuse('locked_out', { retryAfterMs: longestMs })
          exchange.set(SUSPECTS, { address, prefix })
          return undefined
        }
        // Who waits already has nothing to hear.
        if (Math.max(waitMs(address), waitMs(prefix)) > 0) return judge()
        const [ofAddress, ofPrefix] = [hear(address), hear(prefix)]
        if (ofAddress === undefined && ofPrefix === undefined) return judge()
        return Promise.all([ofAddress, ofPrefix]).then(judge)
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
