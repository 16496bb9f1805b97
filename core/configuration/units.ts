/** What the `unit` of a schema means to an operator: what to call it, and how it is written. Pure. */
import type { TSchema } from '@sinclair/typebox'

/** One kind of written value. */
export interface Unit {
  /** Of the problem that a wrong one is. */
  readonly code: `TACIT_${string}`
  /** Stands after "must be". */
  readonly noun: string
  readonly cure: string | undefined
}

const UNITS: Readonly<Record<string, Unit>> = {
  duration: {
    code: 'TACIT_UNIT_WRONG',
    noun: 'a duration',
    cure: 'Write a number and a unit: 250ms, 30s, 10m, 1h, 7d.'
  },
  size: {
    code: 'TACIT_UNIT_WRONG',
    noun: 'a size',
    cure: 'Write a number and a unit: 512B, 64KiB, 10MiB, 1GB.'
  },
  money: {
    code: 'TACIT_UNIT_WRONG',
    noun: 'an amount of money',
    cure: 'Write an amount, a space and a currency: 5.00 USD.'
  },
  timeZone: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a time zone',
    cure: 'Write a name of the IANA database, such as Europe/Berlin, or UTC.'
  },
  share: { code: 'TACIT_UNIT_WRONG', noun: 'a share', cure: 'Write a number and a percent sign: 20%.' },
  secret: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a secret',
    cure: 'Write it as ${NAME} or ${file:path}, so that it does not stand in this file.'
  },
  digest: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the digest of a credential',
    cure: 'Write what `tacit key hash` prints: hmac-sha256: or sha256: and 43 characters.'
  },
  moment: {
    code: 'TACIT_UNIT_WRONG',
    noun: 'a moment',
    cure: 'Write a day such as 2026-12-31, or a day and a time such as 2026-12-31T18:00:00Z.'
  },
  day: { code: 'TACIT_VALUE_INVALID', noun: 'a day', cure: 'Write it as 2026-11-21.' },
  id: {
    code: 'TACIT_ID_INVALID',
    noun: 'a name',
    cure: 'Use at most 63 small letters, digits, dots, hyphens and underscores, and begin with a letter or a digit.'
  },
  origin: {
    code: 'TACIT_URL_INVALID',
    noun: 'the address of a server',
    cure: 'Write scheme, host and port, such as https://eu.llm.example.com.'
  },
  redisUrl: {
    code: 'TACIT_URL_INVALID',
    noun: 'the address of a Redis',
    cure: 'Write scheme, host and port, such as redis://10.0.0.7:6379, or rediss:// for TLS.'
  },
  webhookUrl: {
    code: 'TACIT_URL_INVALID',
    noun: 'the address of a webhook',
    cure: 'Write it whole and without spaces, such as https://hooks.example.com/tacit.'
  },
  eventName: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the name of an event',
    cure: 'Write a plugin, a dot and an event, such as budget.exceeded; `budget.*` for all of a plugin, `*` for all.'
  },
  keyPrefix: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the beginning of a key',
    cure: 'Use at most 32 letters, digits, dots, hyphens and underscores, and begin with a letter or a digit.'
  },
  apiAddress: {
    code: 'TACIT_URL_INVALID',
    noun: 'the address of an API',
    cure: 'Write scheme, host and perhaps a path, such as https://api.example.com/v1.'
  },
  headerName: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the name of a header',
    cure: 'Write it in small letters, such as x-api-key.'
  },
  modelName: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the name of a model',
    cure: 'Use at most 200 letters, digits and . _ : / @ + - without spaces.'
  },
  modelNames: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'the beginning of the names of models',
    cure: 'Write it with an asterisk at its end, such as ft:gpt-4.1-*.'
  },
  host: {
    code: 'TACIT_HOST_INVALID',
    noun: 'a host',
    cure: 'Write a name such as api.example.com, or *.example.com for everything below it.'
  },
  network: {
    code: 'TACIT_NETWORK_INVALID',
    noun: 'an address or a range of addresses',
    cure: 'Write an address such as 10.0.0.7, or a range such as 10.0.0.0/8 or fd00::/8.'
  },
  method: {
    code: 'TACIT_METHOD_INVALID',
    noun: 'an HTTP method',
    cure: 'Write it in capitals, such as POST.'
  },
  path: {
    code: 'TACIT_PATH_INVALID',
    noun: 'a path that begins with a slash',
    cure: 'Write it as clients send it, such as /v1/chat/completions.'
  },
  retryOn: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a reason to try again',
    cure: 'Write connect_failed, timed_out, reset, rejected, or a status from 400 to 599.'
  },
  expected: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a status, or a hundred of them',
    cure: 'Write a status such as 204, or 2xx for all from 200 to 299.'
  },
  processes: {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a number of processes',
    cure: 'Write a number from 1 to 512, or auto for one for each core.'
  }
}

/** The unit of a schema, if it has one. A plugin may name units of its own, such as `header name`. */
export function unitOf(schema: TSchema): Unit | undefined {
  const name: unknown = schema.unit
  if (typeof name !== 'string') return undefined
  if (Object.hasOwn(UNITS, name)) return UNITS[name]
  const cure: unknown = schema.description
  return {
    code: 'TACIT_VALUE_INVALID',
    noun: `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`,
    cure: typeof cure === 'string' ? cure : undefined
  }
}
