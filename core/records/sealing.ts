/**
 * How rows are sealed: AES-256-GCM (NIST SP 800-38D) under a key that needs two
 * others, one of the day and one of the subject (HKDF-SHA256, RFC 5869). Without
 * either, nothing opens what it has sealed. What is sealed is bound to its place:
 * moved, it does not open. Pure; knows nothing of where keys are kept.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomFillSync
} from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { PSEUDONYM_BYTES } from './codec.ts'

/** Bytes of every key. */
export const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What a sealed piece is longer by. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES

/** A new key. */
export function newKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/**
 * Seals `content` to `place`: nonce, ciphertext, tag. Nonces are random: one key seals far fewer than the 2^32 pieces
 * that SP 800-38D, 8.3, allows for that.
 */
export function seal(key: Uint8Array | KeyObject, place: string, content: Uint8Array): Buffer {
  const nonce = newNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(place, 'utf8'))
  const sealed = cipher.update(content)
  cipher.final()
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()], sealed.length + SEAL_BYTES)
}

/** Opens what {@link seal} made. @throws GatewayError `TACIT_SEAL_BROKEN` when a bit, the key or the place is another. */
export function unseal(key: Uint8Array | KeyObject, place: string, sealed: Uint8Array): Buffer {
  if (sealed.length < SEAL_BYTES) throw broken()
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(place, 'utf8'))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const content = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
    return content
  } catch {
    throw broken()
  }
}

/** The key that a day's rows of one subject are sealed with. @param subjectKey undefined for rows that belong to nobody. */
export function blockKey(dayKey: Uint8Array, subjectKey: Uint8Array | undefined): KeyObject {
  const both = subjectKey === undefined ? dayKey : Buffer.concat([dayKey, subjectKey])
  return createSecretKey(derive(both, subjectKey === undefined ? 'rows of nobody' : 'rows of a subject'))
}

/** A key for one use of another. */
export function derive(key: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), `tacit records 1: ${use}`, KEY_BYTES))
}

/** Random bytes for the next nonces: asking for many at once costs far less. */
const pool = Buffer.allocUnsafeSlow(NONCE_BYTES * 512)
let poolOffset = pool.length

function newNonce(): Buffer {
  if (poolOffset === pool.length) {
    randomFillSync(pool)
    poolOffset = 0
  }
  const nonce = Buffer.from(pool.subarray(poolOffset, poolOffset + NONCE_BYTES))
  poolOffset += NONCE_BYTES
  return nonce
}

/** A keyed digest of 16 bytes: what stands for a subject or a pseudonym. */
export function token(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest().subarray(0, PSEUDONYM_BYTES)
}

/**
 * What a block of rows is bound to.
 * @param place its kind, its day, the commit that it was made in and its number.
 */
export function blockPlace(kind: string, day: string, batch: number, block: number): string {
  return `tacit records 1\n${kind}\n${day}\n${batch}\n${block}`
}

function broken(): GatewayError {
  return new GatewayError(
    'TACIT_SEAL_BROKEN',
    'A sealed record does not open: it was changed or moved, or its key is another.'
  )
}
