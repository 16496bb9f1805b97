/** Holds a body against its `content-digest` (RFC 9530). Pure. */
import { createHash, timingSafeEqual } from 'node:crypto'

const DIGEST = /^sha-(256|512)=:([A-Za-z0-9+/]+={0,2}):$/

/** Whether the one digest in the header is that of the body. */
export function isDigestOf(header: string | undefined, body: Uint8Array): boolean {
  const [, bits, encoded = ''] = DIGEST.exec(header ?? '') ?? []
  if (bits === undefined) return false
  const told = Buffer.from(encoded, 'base64')
  const actual = createHash(`sha${bits}`).update(body).digest()
  return told.toString('base64') === encoded && told.length === actual.length && timingSafeEqual(told, actual)
}
