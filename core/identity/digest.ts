/** Makes API keys and digests them. Knows nothing of whose they are, and keeps neither. */
import { createHmac, randomBytes } from 'node:crypto'

/** Letters and digits only, so that a double click selects a whole key. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const KEY_BYTES = 32
/** As many characters of the alphabet as the largest number of 32 bytes needs: 256 / log2(62), rounded up. */
const KEY_CHARACTERS = 43

/**
 * What a credential is looked up by: `hmac-sha256:` and the HMAC (RFC 2104) of
 * the credential's UTF-8 bytes in base64url without padding (RFC 4648, 5). The
 * form that the contract's `Digest` schema takes. Without the key a digest tells
 * nothing, not even to somebody who guesses credentials.
 *
 * @param digestKey Text stands for its UTF-8 bytes.
 */
export function keyedDigest(digestKey: string | Uint8Array, credential: string): string {
  return `hmac-sha256:${createHmac('sha256', digestKey).update(credential, 'utf8').digest('base64url')}`
}

/**
 * A new API key: `tacit_` and 256 random bits in 43 letters and digits. The
 * prefix lets scanners for leaked secrets know it.
 *
 * @param bytes 32 bytes, secret and used once; drawn from the system's generator when not given.
 * @throws RangeError for any other number of bytes.
 */
export function newApiKey(bytes: Uint8Array = randomBytes(KEY_BYTES)): string {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`an API key is made of ${KEY_BYTES} bytes`)
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  while (text.length < KEY_CHARACTERS) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return `tacit_${text}`
}
