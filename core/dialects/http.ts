/** Plain HTTP: nothing is known of the bodies, so errors are problem details (RFC 9457) and every event is content. */
import type { DialectError, DialectFacts } from './facts.ts'

/** The phrases of the registry of HTTP status codes (RFC 9110, 15), which `title` repeats for `about:blank` (RFC 9457, 4.2.1). */
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
  511: 'Network Authentication Required'
}

/** `reason` and `request_id` are extension members (RFC 9457, 3.2). */
function errorBody(error: DialectError): string {
  return JSON.stringify({
    type: 'about:blank',
    title: PHRASES[error.status] ?? (error.status >= 500 ? 'Server Error' : 'Client Error'),
    status: error.status,
    detail: error.message,
    reason: error.reason,
    request_id: error.requestId
  })
}

/** Facts about `http`. What an upstream means by an event called `error` is its own affair. */
export const HTTP: DialectFacts = {
  dialect: 'http',
  commits: () => true,
  streamError: () => undefined,
  requestIdHeader: 'x-request-id',
  errorContentType: 'application/problem+json',
  errorBody,
  errorEvent: error => `event: error\ndata: ${errorBody(error)}\n\n`
}
