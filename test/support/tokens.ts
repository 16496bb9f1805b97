/** Keys of issuers and tokens that they sign, made with Node's own cryptography and nothing of the gateway. */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** An issuer's pair of keys, and the public one as it would be published. */
export interface Issuer {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
  readonly pem: string
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** Makes a pair of keys for an algorithm that has one. */
export function issuer(kid: string, algorithm = 'ES256', modulusLength = 2048): Issuer {
  const namedCurve = CURVES[algorithm]
  const { privateKey, publicKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : namedCurve === undefined
        ? generateKeyPairSync('rsa', { modulusLength })
        : generateKeyPairSync('ec', { namedCurve })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
  return { kid, algorithm, privateKey, jwk, pem: publicKey.export({ format: 'pem', type: 'spki' }).toString() }
}

/** Text or JSON in base64url. */
export function encoded(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A token that an issuer has signed. `header` goes before what would stand there. */
export function tokenOf(by: Issuer, claims: unknown, header: Readonly<Record<string, unknown>> = {}): string {
  const signed = `${encoded({ alg: by.algorithm, typ: 'JWT', kid: by.kid, ...header })}.${encoded(claims)}`
  return `${signed}.${signatureOf(by, signed).toString('base64url')}`
}

/** A token with a secret. */
export function macToken(secret: string | Uint8Array, claims: unknown, header: Readonly<Record<string, unknown>> = {}) {
  const head = { alg: 'HS256', typ: 'JWT', ...header }
  const signed = `${encoded(head)}.${encoded(claims)}`
  const hash = `sha${String(head.alg).slice(2) || '256'}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}

function signatureOf({ algorithm, privateKey: key }: Issuer, signed: string): Buffer {
  const data = Buffer.from(signed)
  if (algorithm === 'EdDSA') return sign(null, data, key)
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  if (algorithm.startsWith('RS')) return sign(hash, data, key)
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return sign(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}
