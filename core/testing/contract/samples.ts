/** Exchanges that every plugin has to bear: what the contract is tried with, besides what its author adds. */
import type { Exchange } from '../../plugin.ts'
import type { RequestInit } from '../drive.ts'
import type { ResponseInit } from '../driven-exchange.ts'

/** One exchange that a plugin is put through. */
export interface ContractExchange {
  readonly request?: RequestInit
  readonly response?: ResponseInit
  /** Sets what plugins before it would have set, such as `CONSUMER`. */
  readonly facts?: (exchange: Exchange) => void
}

const CHAT = JSON.stringify({ model: 'some-model', messages: [{ role: 'user', content: 'Grüße, 世界 🌍' }] })
const JSON_TYPE = { 'content-type': 'application/json' }
const STREAM_TYPE = { 'content-type': 'text/event-stream; charset=utf-8' }

/** As short as can be: every byte is a place to split. */
const CHUNKS = ['ü世', '🌍', '.'].map(content => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`)

/** By name. Bodies hold characters of two, three and four bytes, so that a split may go through one. */
export const USUAL_EXCHANGES: Readonly<Record<string, ContractExchange>> = {
  'an answer in one piece': {
    request: { headers: JSON_TYPE, body: CHAT },
    response: {
      headers: { ...JSON_TYPE, 'x-request-id': 'upstream-1' },
      body: '{"choices":[{"message":{"content":"ü世🌍"}}],"usage":{"prompt_tokens":5}}'
    }
  },
  'a stream': {
    request: { headers: JSON_TYPE, body: CHAT.replace('{', '{"stream":true,') },
    response: {
      headers: STREAM_TYPE,
      body: `: comment\n\n${CHUNKS.join('')}data: [DONE]\n\n`
    }
  },
  'a stream with named events and carriage returns': {
    request: { target: '/v1/messages', headers: JSON_TYPE, body: CHAT },
    response: {
      headers: STREAM_TYPE,
      body:
        'event: message_start\r\ndata: {}\r\n\r\n' +
        'id: 7\r\nevent: ping\r\ndata: {"type":\r\ndata: "ping"}\r\n\r\n' +
        'event: message_stop\r\ndata: {}\r\n\r\n'
    }
  },
  'a refusal of the upstream': {
    request: { headers: JSON_TYPE, body: CHAT },
    response: { status: 429, headers: { ...JSON_TYPE, 'retry-after': '2' }, body: '{"error":{"message":"Later."}}' }
  },
  'a request without a body, an answer without one': {
    request: { method: 'GET', target: '/v1/models?limit=2', dialect: 'http' },
    response: { status: 204 }
  },
  'bytes that are no text': {
    request: {
      target: '/upload',
      dialect: 'http',
      headers: { 'content-type': 'application/octet-stream' },
      body: '\0\x01'
    },
    response: {
      headers: { 'content-type': 'application/octet-stream' },
      body: Uint8Array.of(0, 255, 128, 10, 13, 195, 40)
    }
  },
  'a body that is not what it says': {
    request: { headers: JSON_TYPE, body: '{"model": "some-model", "messages": [' },
    response: { headers: STREAM_TYPE, body: 'data: {"choices":\n\ndata\n\nevent: x\ndata: [' }
  }
}
