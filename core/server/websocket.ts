/** Judges a client's request for a WebSocket (RFC 6455, 4.2.1). Pure; answers nothing. */
import type { CoreReason } from '../errors.ts'
import type { HeadersView } from '../plugin.ts'

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Whether a request asks for a WebSocket. @param upgrade its Upgrade field. */
export function asksForWebSocket(method: string | undefined, upgrade: string | undefined): boolean {
  return method === 'GET' && upgrade?.toLowerCase() === 'websocket'
}

/**
 * Why there is no WebSocket for this request; undefined when there may be one.
 * @param connection the Connection field.
 * @param origins that a browser's page may be from; anybody where the list is empty. Other clients send no Origin.
 */
export function webSocketFault(
  headers: HeadersView,
  connection: string | undefined,
  origins: readonly string[]
): CoreReason | undefined {
  const isWhole =
    /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection ?? '') &&
    headers.get('sec-websocket-version') === '13' &&
    KEY.test(headers.get('sec-websocket-key') ?? '')
  if (!isWhole) return 'websocket_invalid'
  const page = headers.get('origin')
  if (page !== undefined && origins.length > 0 && !origins.includes(page)) return 'origin_refused'
  return undefined
}
