/**
 * Errors in the form of each family of APIs, by status. Pure.
 */
import type { BadRequest } from './fields.ts'
import { jsonReply, type WholeReply } from './reply.ts'

/** Whose form an error takes. */
export type Family = 'openai' | 'anthropic'

const OPENAI: Readonly<Record<number, readonly [type: string, code: string | null, message: string]>> = {
  400: ['invalid_request_error', null, 'The request is not valid.'],
  401: ['invalid_request_error', 'invalid_api_key', 'The API key is missing or not known.'],
  403: ['invalid_request_error', 'permission_denied', 'This key may not do that.'],
  404: ['invalid_request_error', 'not_found', 'There is nothing at this address.'],
  409: ['invalid_request_error', 'conflict', 'Another request has changed this in the meantime.'],
  413: ['invalid_request_error', 'request_too_large', 'The request is too large.'],
  422: ['invalid_request_error', 'unprocessable', 'The request is well-formed and still makes no sense.'],
  429: ['requests', 'rate_limit_exceeded', 'Too many requests. Wait, then try again.'],
  503: ['server_error', 'overloaded', 'The demo upstream is overloaded on request.']
}

const ANTHROPIC: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['invalid_request_error', 'The request is not valid.'],
  401: ['authentication_error', 'The API key is missing or not known.'],
  402: ['billing_error', 'The account has no credit.'],
  403: ['permission_error', 'This key may not do that.'],
  404: ['not_found_error', 'There is nothing at this address.'],
  413: ['request_too_large', 'The request is too large.'],
  429: ['rate_limit_error', 'Too many requests. Wait, then try again.'],
  504: ['timeout_error', 'The demo upstream took too long, on request.'],
  529: ['overloaded_error', 'The demo upstream is overloaded on request.']
}

/** An error with the words that belong to its status. */
export function errorReply(
  family: Family,
  status: number,
  requestId: string,
  headers: Readonly<Record<string, string>> = {}
): WholeReply {
  if (family === 'anthropic') {
    const [type, message] = ANTHROPIC[status] ?? anthropicDefault(status)
    return anthropicError(status, type, message, requestId, headers)
  }
  const [type, code, message] = OPENAI[status] ?? openaiDefault(status)
  return jsonReply(status, { error: { message, type, param: null, code } }, headers)
}

/** A fault that the upstream found in a request. */
export function badRequestReply(family: Family, fault: BadRequest, requestId: string): WholeReply {
  if (family === 'anthropic') {
    const [type] = ANTHROPIC[fault.status] ?? anthropicDefault(fault.status)
    return anthropicError(fault.status, type, fault.message, requestId, {})
  }
  const error = {
    message: fault.message,
    type: 'invalid_request_error',
    param: fault.param ?? null,
    code: fault.code ?? null
  }
  return jsonReply(fault.status, { error })
}

/** An error as a load balancer in front of a provider sends it: a page that no SDK can read. */
export function pageReply(status: number, headers: Readonly<Record<string, string>>): WholeReply {
  const body = `<html>\r\n<head><title>${status}</title></head>\r\n<body><center><h1>${status}</h1></center></body>\r\n</html>\r\n`
  return { status, headers: { 'content-type': 'text/html', ...headers }, body }
}

function anthropicError(
  status: number,
  type: string,
  message: string,
  requestId: string,
  headers: Readonly<Record<string, string>>
): WholeReply {
  return jsonReply(status, { type: 'error', error: { type, message }, request_id: requestId }, headers)
}

function openaiDefault(status: number): readonly [type: string, code: string | null, message: string] {
  return status >= 500
    ? ['server_error', null, 'The demo upstream failed on request.']
    : ['invalid_request_error', null, 'The demo upstream refused on request.']
}

function anthropicDefault(status: number): readonly [type: string, message: string] {
  return status >= 500
    ? ['api_error', 'The demo upstream failed on request.']
    : ['invalid_request_error', 'The demo upstream refused on request.']
}
