/**
 * Keys that signatures are verified by, from JSON Web Keys (RFC 7517), PEM or
 * plain secrets. Each is good for one algorithm, which the operator pinned: what a
 * token says of itself never chooses one. Pure.
 */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'

/** Algorithms that tokens may be signed with (RFC 7518, 3.1; RFC 8037, 3.1). */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS384',
  'HS512'
] as const

/** An algorithm. */
export type Algorithm = (typeof ALGORITHMS)[number]

/** A key, and the one algorithm that it is used with. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: Algorithm
  readonly material: KeyObject
}

/** Keys of one issuer. */
export type KeySet = readonly VerificationKey[]

/** Smallest modulus of RSA (RFC 7518, 3.3). */
const MIN_RSA_BITS = 2_048
/** More keys than any issuer has at once. */
const MAX_KEYS = 100
/** Longest name of a key. */
const MAX_KID_LENGTH = 256

const CURVES: Readonly<Record<string, Algorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512'
}

/** Whether an algorithm needs a secret that both sides know. */
export function isSymmetric(algorithm: Algorithm): boolean {
  return algorithm.startsWith('HS')
}

/**
 * The keys of a JWK set (RFC 7517, 5) that are good for one of these algorithms. Others are passed over, as are secrets:
 * a key that anybody can fetch is none.
 * @returns undefined for what is no set.
 */
export function readJwkSet(value: unknown, algorithms: readonly Algorithm[]): KeySet | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const keys: unknown = Reflect.get(value, 'keys')
  if (!Array.isArray(keys)) return undefined
  const found: VerificationKey[] = []
  for (const jwk of keys.slice(0, MAX_KEYS)) {
    for (const algorithm of algorithms) {
      if (isSymmetric(algorithm)) continue
      const key = keyOfJwk(jwk, algorithm)
      if (key !== undefined) found.push(key)
    }
  }
  return found
}

/** A JWK (RFC 7517, 4) as a key for one algorithm; undefined where it is not meant for that, or unfit. */
export function keyOfJwk(value: unknown, algorithm: Algorithm): VerificationKey | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const jwk: Readonly<Record<string, unknown>> = { ...value }
  const { kid, use, key_ops: operations, alg } = jwk
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH)) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined
  if (alg !== undefined && alg !== algorithm) return undefined
  const material = materialOf(jwk)
  return material === undefined || faultOf(material, algorithm) !== undefined ? undefined : { kid, algorithm, material }
}

/**
 * A key as an operator gives it: a JWK as JSON, a public key or a certificate as PEM, or the text of a secret.
 * @throws Error that says what is wrong with it, without repeating any of it.
 */
export function keyOfText(text: string, algorithm: Algorithm, kid: string | undefined): VerificationKey {
  const material = text.trimStart().startsWith('{') ? materialOf(parsed(text)) : textMaterial(text, algorithm)
  if (material === undefined) throw new Error(`A key for ${algorithm} could not be read.`)
  const fault = faultOf(material, algorithm)
  if (fault !== undefined) throw new Error(`A key for ${algorithm} ${fault}.`)
  return { kid, algorithm, material }
}

function textMaterial(text: string, algorithm: Algorithm): KeyObject | undefined {
  if (isSymmetric(algorithm)) {
    // A public key is known to everybody (RFC 8725, 2.1): whoever writes one here has mixed the algorithms up.
    return text.includes('-----BEGIN') ? undefined : createSecretKey(text, 'utf8')
  }
  try {
    const key = createPublicKey(text)
    return text.includes('PRIVATE KEY') ? undefined : key
  } catch {
    return undefined
  }
}

function materialOf(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const { kty, n, e, crv, x, y, k } = jwk
  try {
    if (kty === 'oct') return typeof k === 'string' ? createSecretKey(k, 'base64url') : undefined
    // Only what makes a public key, so that a private one can be given without being used.
    if (kty === 'RSA') return createPublicKey({ key: { kty, n: asText(n), e: asText(e) }, format: 'jwk' })
    if (kty === 'EC') {
      return createPublicKey({ key: { kty, crv: asText(crv), x: asText(x), y: asText(y) }, format: 'jwk' })
    }
    if (kty === 'OKP') return createPublicKey({ key: { kty, crv: asText(crv), x: asText(x) }, format: 'jwk' })
  } catch {
    // Whatever the library cannot read is no key.
  }
  return undefined
}

/** Why a key cannot be used with an algorithm, as a clause; undefined when it can. */
function faultOf(material: KeyObject, algorithm: Algorithm): string | undefined {
  const { type, asymmetricKeyType, asymmetricKeyDetails, symmetricKeySize } = material
  if (isSymmetric(algorithm)) {
    if (type !== 'secret') return 'is no secret'
    // RFC 7518, 3.2: as long as the hash.
    const least = Number(algorithm.slice(2)) / 8
    return (symmetricKeySize ?? 0) < least ? `is shorter than ${least} bytes` : undefined
  }
  if (type !== 'public') return 'is no public key'
  if (algorithm === 'EdDSA') return asymmetricKeyType === 'ed25519' ? undefined : 'is not of Ed25519'
  if (algorithm.startsWith('ES')) {
    const curve = asymmetricKeyDetails?.namedCurve ?? ''
    return Object.hasOwn(CURVES, curve) && CURVES[curve] === algorithm ? undefined : 'is of another curve'
  }
  if (asymmetricKeyType !== 'rsa') return 'is not of RSA'
  return (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS ? `is shorter than ${MIN_RSA_BITS} bits` : undefined
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a member of a key that is no text')
  return value
}
