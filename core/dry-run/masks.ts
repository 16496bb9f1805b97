/** Replaces the secrets of a configuration wherever an explanation would show them. Pure. */

import type { LoadedConfiguration } from '../configuration/load.ts'
import { isSecretKey, MASK, maskText } from '../configuration/mask.ts'
import { usesOf } from '../configuration/uses.ts'
import { SecretText } from '../plugin.ts'

/** Shorter secrets occur in words by chance; what carries them is hidden by its name. */
const MIN_HIDDEN_LENGTH = 6

/** Headers that carry what proves somebody (RFC 9110, 11.6; RFC 6265). */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-goog-api-key',
  'api-key'
])

/** What hides the secrets of one configuration. */
export interface Masks {
  /** A text, with the secrets in it replaced. */
  text(text: string): string
  /** The value of a header. A scheme before a credential stays. */
  header(name: string, value: string): string
  /** Path and query of a request. Secrets are found however they are percent-encoded. */
  target(target: string): string
}

/** Learns the secrets of a configuration. */
export function masksFor(loaded: LoadedConfiguration): Masks {
  const secrets = new Set<string>()
  collect(loaded.configuration, secrets)
  for (const { config } of usesOf(loaded)) collect(config, secrets)
  // The longest first: one may be a part of another.
  const ordered = [...secrets].sort((first, second) => second.length - first.length)
  const text = (written: string): string => ordered.reduce((masked, secret) => masked.replaceAll(secret, MASK), written)
  return {
    text,
    header(name, value) {
      const masked = text(value)
      if (!CREDENTIAL_HEADERS.has(name.toLowerCase()) && !isSecretKey(name)) return maskText(masked)
      const scheme = /^(?:Bearer|Basic|Digest) /i.exec(masked)?.[0] ?? ''
      return `${scheme}${MASK}`
    },
    target: written =>
      text(written)
        .split(/(?=[/?&])/)
        .map(part => withoutSecret(part, text))
        .join('')
  }
}

/** A segment of a path or a parameter of a query, with the character in front of it. */
function withoutSecret(part: string, text: (written: string) => string): string {
  const equals = part.indexOf('=')
  const front = part.slice(0, equals < 0 ? 1 : equals + 1)
  const value = decoded(part.slice(front.length))
  const isNamed = equals > 0 && isSecretKey(decoded(part.slice(1, equals)))
  return isNamed || text(value) !== value ? front + MASK : part
}

/** As servers decode it (WHATWG URL, 5.1), and as it stands where they could not. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written.replaceAll('+', ' '))
  } catch {
    return written
  }
}

function collect(value: unknown, secrets: Set<string>): void {
  if (value instanceof SecretText) {
    const secret = value.reveal()
    if (secret.length >= MIN_HIDDEN_LENGTH) secrets.add(secret)
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) collect(item, secrets)
  }
}
