/** A request as the plugin's parts see it: a real body, and its headers. */
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { CollectedBody } from '../../../core/pipeline/request-body.ts'

/** Makes a body that may be read. */
export function bodyOf(content: unknown): CollectedBody {
  const body = new CollectedBody()
  body.readable = true
  body.fill(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
  return body
}

/** Makes a request. */
export function requestOf(content: unknown, target: string, contentType = 'application/json') {
  const headers = new HeaderList(['content-type', contentType])
  return { method: 'POST', target, clientIp: '192.0.2.1', headers, body: bodyOf(content) }
}

/** A form with plain values, in the order given. The boundary is `b`. */
export function formOf(...parts: readonly (readonly [name: string, value: string])[]): string {
  const written = parts.map(
    ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  )
  return `${written.join('')}--b--\r\n`
}
/** Its type. */
export const FORM = 'multipart/form-data; boundary=b'
