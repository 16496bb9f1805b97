/**
 * Signs statements and checks signatures: Ed25519 (RFC 8032) over the canonical bytes of what is said. Keys are told as
 * text: 32 bytes in base64url, behind a word that says which half it is. Pure.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify
} from 'node:crypto'
import { canonicalJson } from './canonical.ts'

/** What stands beside a statement. */
export interface Signature {
  readonly algorithm: 'Ed25519'
  /** Which key: `ed25519:` and the public key. */
  readonly key: string
  /** base64url. */
  readonly value: string
}

/** Both halves of a key, as text. */
export interface KeyTexts {
  /** For `statements.key`. Secret. */
  readonly secret: string
  /** For those who check. */
  readonly public: string
}

const SECRET = /^ed25519-secret:([A-Za-z0-9_-]{43})$/
const PUBLIC = /^ed25519:([A-Za-z0-9_-]{43})$/
/** What a signature is over begins so: one for something else is none for a statement. */
const CONTEXT = 'tacit statement 1\n'

/** A new key. */
export function newKey(): KeyTexts {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { d = '', x = '' } = { ...privateKey.export({ format: 'jwk' }), x: publicKey.export({ format: 'jwk' }).x }
  return { secret: `ed25519-secret:${d}`, public: `ed25519:${x}` }
}

/** The secret half, and its public one as text; undefined for a text that is none. */
export function readSecretKey(text: string): { readonly key: KeyObject; readonly public: string } | undefined {
  const [, d] = SECRET.exec(text.trim()) ?? []
  if (d === undefined) return undefined
  try {
    // DER of PKCS #8 (RFC 8410, 7): what stands before the 32 bytes never changes.
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(d, 'base64url')])
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    return { key, public: `ed25519:${createPublicKey(key).export({ format: 'jwk' }).x ?? ''}` }
  } catch {
    return undefined
  }
}

/** Signs what is said. */
export function signed<Said>(said: Said, { key, public: name }: { readonly key: KeyObject; readonly public: string }) {
  const value = sign(null, bytesOf(said), key).toString('base64url')
  return { statement: said, signature: { algorithm: 'Ed25519' as const, key: name, value } }
}

/** Whether a key has signed what is said. @param key as {@link Signature.key}. False for whatever is malformed. */
export function isSigned(said: unknown, signature: unknown, key: string): boolean {
  const [, x] = PUBLIC.exec(key) ?? []
  const member = (name: string): unknown => Reflect.get(Object(signature), name)
  const value = member('value')
  if (x === undefined || member('algorithm') !== 'Ed25519' || member('key') !== key || typeof value !== 'string')
    return false
  if (!/^[A-Za-z0-9_-]{86}$/.test(value)) return false
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, bytesOf(said), publicKey, Buffer.from(value, 'base64url'))
  } catch {
    return false
  }
}

/** A digest of what is said, to name it by: SHA-256 in hexadecimal digits. */
export function digestOf(said: unknown): string {
  return createHash('sha256').update(bytesOf(said)).digest('hex')
}

function bytesOf(said: unknown): Buffer {
  return Buffer.from(`${CONTEXT}${canonicalJson(said)}`, 'utf8')
}
