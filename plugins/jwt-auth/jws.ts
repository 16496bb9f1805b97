/**
 * Reads compact JWS (RFC 7515, 7.1) strictly and verifies their signatures by
 * keys that somebody else trusts. Pure: knows no clock, no network and nothing of
 * what claims mean.
 */
import { constants, createHmac, timingSafeEqual, verify } from 'node:crypto'
import type { Algorithm, VerificationKey } from './keys.ts'

/** Longest token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8_192
/** Longest header, encoded. Deeper JSON than fits is no header. */
const MAX_HEADER_LENGTH = 2_048

/** A token taken apart. Nothing in it is to be believed before its signature was verified. */
export interface Jws {
  readonly header: JwsHeader
  /** The header and the payload as they were signed. */
  readonly signed: string
  readonly payload: Buffer
  readonly signature: Buffer
}

/** What a header may say. */
export interface JwsHeader {
  readonly algorithm: string
  /** Name of the key. */
  readonly kid: string | undefined
  /** Media type of the token, in lower case and without `application/` (RFC 7515, 4.1.9). */
  readonly type: string | undefined
}

/**
 * Parameters that bring a key along or say where one is (RFC 7515, 4.1.2 to 4.1.6), change what is signed (RFC 7797) or
 * unpack it, or must be understood (RFC 7515, 4.1.11). Who trusts keys of its own needs none of them.
 */
const REFUSED_PARAMETERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const

/** Takes a token apart; undefined for anything that is no compact JWS, whatever a more obliging reader would make of it. */
export function parseJws(token: string): Jws | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined
  const parts = token.split('.')
  const [head = '', body = '', end = ''] = parts
  if (parts.length !== 3 || head === '' || head.length > MAX_HEADER_LENGTH || end === '') return undefined
  const headerBytes = decodeBase64url(head)
  const payload = decodeBase64url(body)
  const signature = decodeBase64url(end)
  if (headerBytes === undefined || payload === undefined || signature === undefined) return undefined
  const header = readHeader(parseObject(headerBytes))
  return header && { header, signed: `${head}.${body}`, payload, signature }
}

/** Whether a key's owner has signed this token, with the very algorithm that the header names. */
export function isSigned({ header, signed, signature }: Jws, key: VerificationKey): boolean {
  const { algorithm, material } = key
  if (header.algorithm !== algorithm) return false
  const data = Buffer.from(signed, 'latin1')
  const hash = `sha${algorithm.slice(2)}`
  try {
    switch (algorithm) {
      case 'HS256':
      case 'HS384':
      case 'HS512': {
        const expected = createHmac(hash, material).update(data).digest()
        return expected.length === signature.length && timingSafeEqual(expected, signature)
      }
      case 'RS256':
      case 'RS384':
      case 'RS512':
        return verify(hash, data, { key: material, padding: constants.RSA_PKCS1_PADDING }, signature)
      case 'PS256':
      case 'PS384':
      case 'PS512': {
        const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
        return verify(hash, data, { key: material, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
      }
      case 'ES256':
      case 'ES384':
      case 'ES512': {
        if (signature.length !== ECDSA_BYTES[algorithm]) return false
        return verify(hash, data, { key: material, dsaEncoding: 'ieee-p1363' }, signature)
      }
      case 'EdDSA':
        return verify(null, data, material, signature)
    }
  } catch {
    // A signature that the library cannot even read is none.
    return false
  }
}

/** A JSON object in UTF-8; undefined for anything else. */
export function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Length of a signature: two numbers of the curve's size (RFC 7518, 3.4). */
const ECDSA_BYTES: Readonly<Record<Extract<Algorithm, `ES${string}`>, number>> = { ES256: 64, ES384: 96, ES512: 132 }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BASE64URL = /^[A-Za-z0-9_-]*$/

/** Without padding, without other characters, and without bits that mean nothing (RFC 7515, 2; RFC 4648, 3.5). */
function decodeBase64url(text: string): Buffer | undefined {
  if (!BASE64URL.test(text) || text.length % 4 === 1) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

function readHeader(header: Readonly<Record<string, unknown>> | undefined): JwsHeader | undefined {
  if (header === undefined || REFUSED_PARAMETERS.some(name => Object.hasOwn(header, name))) return undefined
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return undefined
  if (kid !== undefined && typeof kid !== 'string') return undefined
  if (typ !== undefined && typeof typ !== 'string') return undefined
  return { algorithm: alg, kid, type: typ?.toLowerCase().replace(/^application\//, '') }
}
