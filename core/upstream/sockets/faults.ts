/** What can go wrong between the gateway and a peer at the level of HTTP/1.1. Pure. */

/**
 * What is wrong: with the request, with the length of its body; with the head of an answer, with where it ends, with
 * one of its chunks; or an end that came too soon.
 */
export type FaultCode =
  | 'REQUEST_INVALID'
  | 'REQUEST_LENGTH'
  | 'RESPONSE_HEAD'
  | 'RESPONSE_FRAMING'
  | 'RESPONSE_CHUNK'
  | 'CONNECTION_CLOSED'

/** Thrown for each of them. Says nothing of what was read or written. */
export class TransportFault extends Error {
  readonly code: FaultCode

  constructor(code: FaultCode) {
    super(code)
    this.code = code
  }
}
