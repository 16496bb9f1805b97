/**
 * Whose counter a limit is on: the first parts of its name. What clients choose themselves can neither be read out of a
 * name nor make two callers one. Pure: computes with what it is handed.
 */
import { createHash } from 'node:crypto'
import type { Consumer, Credential } from 'tacit-gateway/plugin'
import type { CountedBy } from './limit.ts'

/** What is known of who calls, and of what is asked. */
export interface Caller {
  readonly consumer: Consumer | undefined
  readonly credential: Credential | undefined
  readonly address: string
  /** Keyed digest of the header's value; undefined where it did not come. */
  readonly header: string | undefined
  readonly model: string | undefined
  readonly route: string
}

/** Stands for what is not there, and for models that nobody knows: all of them together. No id is called that. */
export const NOBODY = '-'

/** The beginning of a counter's name, such as `consumer/team-search/model/gpt-6-sol/`. The owner comes first. */
export function ownerOf(by: readonly CountedBy[], caller: Caller): string {
  let owner = ''
  for (const kind of by) {
    // The counters of a key stand with those of its consumer, so that both are decided in one step.
    if (kind === 'key') owner += `consumer/${part(caller.consumer?.id)}/key/${part(caller.credential?.id)}/`
    else owner += `${kind}/${part(nameOf(kind, caller))}/`
  }
  return owner
}

function nameOf(kind: Exclude<CountedBy, 'key'>, caller: Caller): string | undefined {
  switch (kind) {
    case 'consumer':
      return caller.consumer?.id
    case 'group':
      return caller.consumer?.group
    case 'address':
      return networkOf(caller.address)
    case 'header':
      return caller.header
    case 'model':
      return caller.model
    case 'route':
      return caller.route
  }
}

/** Longer parts are told by their digest, and so are those that could be taken for several. */
const LONGEST_PART = 64

function part(text: string | undefined): string {
  if (text === undefined || text === '') return NOBODY
  if (text.length <= LONGEST_PART && !text.includes('/') && text !== NOBODY && !text.startsWith('~')) return text
  return `~${createHash('sha256').update(text).digest('base64url').slice(0, 32)}`
}

/** An IPv6 host has a whole /64 to choose addresses from (RFC 4291, 2.5.4), so that is one caller. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const plain = address.toLowerCase()
  if (plain.startsWith('::ffff:') && plain.includes('.')) return plain.slice('::ffff:'.length)
  const [before = '', after] = plain.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4)
  return `${groups.map(group => group.replace(/^0+(?=.)/, '')).join(':')}::`
}
