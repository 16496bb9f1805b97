/**
 * Checks of the whole file that no schema can make: names that stand twice, and
 * what leads nowhere. Knows nothing of plugins; routes are judged in
 * `route-checks.ts`.
 */

import { nearest } from '../nearest.ts'
import { isEverybody, networkFault, originFault } from './addresses.ts'
import { MIN_DIGEST_KEY_LENGTH } from './digest-key.ts'
import { checkEgress } from './egress-checks.ts'
import { type Finding, problem, warning } from './finding.ts'
import { checkHealth } from './health-checks.ts'
import { isBlock } from './path.ts'
import { checkRecords } from './records-checks.ts'
import { checkStores } from './stores-checks.ts'
import { checkUpstreams } from './upstream-checks.ts'
import { checkWebhooks } from './webhooks-checks.ts'
import { wordsIn } from './words-in.ts'
import { type Entry, entriesOf, entryOf, quote, type Word, type Written, wordOf, wordsOf } from './written.ts'

/** Longer words are no slips of the finger. */
const MAX_SIMILAR_LENGTH = 64

/** Everything that is wrong with names and references, listeners, peers and the key for digests. */
export function checkFile(written: Written): readonly Finding[] {
  const { root } = written
  const upstreams = entriesOf(root, 'upstreams')
  const routes = entriesOf(root, 'routes')
  const consumers = entriesOf(root, 'consumers')
  const groups = entriesOf(root, 'groups')
  return [
    ...duplicates('routes', routes, written),
    ...duplicates('upstreams', upstreams, written),
    ...duplicates('consumers', consumers, written),
    ...duplicates('groups', groups, written),
    ...upstreams.flatMap(upstream => checkPeers(upstream, written)),
    ...references(routes, 'upstream', upstreams, written),
    ...references(consumers, 'group', groups, written),
    ...checkListeners(written),
    ...checkStores(written),
    ...checkEgress(written),
    ...checkHealth(written),
    ...checkUpstreams(written),
    ...checkRecords(written),
    ...checkWebhooks(written),
    ...checkDigestKey(root)
  ]
}

/** An error for each entry that has the `id` of an earlier one. */
function duplicates(noun: string, entries: readonly Entry[], written: Written): readonly Finding[] {
  const first = new Map<string, Word>()
  return entries.flatMap(entry => {
    const id = wordOf(entry, 'id')
    if (id === undefined) return []
    const earlier = first.get(id.text)
    if (earlier === undefined) {
      first.set(id.text, id)
      return []
    }
    return problem(
      id.path,
      'TACIT_ID_TWICE',
      `Two ${noun} are called ${quote(id, written)}: the other is on ${written.placeOf(earlier.path, id.path)}.`,
      'Give each a name of its own.'
    )
  })
}

/** An error for each entry whose `key` names none of `targets`. */
function references(
  entries: readonly Entry[],
  key: 'upstream' | 'group',
  targets: readonly Entry[],
  written: Written
): readonly Finding[] {
  const ids = new Set(targets.flatMap(target => wordOf(target, 'id')?.text ?? []))
  return entries.flatMap(entry => {
    const word = wordOf(entry, key)
    if (word === undefined || ids.has(word.text)) return []
    const meant = word.text.length > MAX_SIMILAR_LENGTH ? undefined : nearest(word.text, [...ids])
    return problem(
      word.path,
      key === 'upstream' ? 'TACIT_UPSTREAM_UNKNOWN' : 'TACIT_GROUP_UNKNOWN',
      `No ${key} is called ${quote(word, written)}.`,
      meant === undefined ? `Add it under \`${key}s:\`.` : `Did you mean "${meant}"?`
    )
  })
}

function checkPeers(upstream: Entry, written: Written): readonly Finding[] {
  const peers = entriesOf(upstream.value, 'peers', upstream.path)
  const findings = [...duplicates('peers of this upstream', peers, written)]
  for (const peer of peers) {
    const url = wordOf(peer, 'url')
    // One that is left out comes from the catalogue; one that is written, and came to nothing, does not.
    const fault = url === undefined || !written.isWritten(url.path) ? undefined : originFault(url.text)
    if (url !== undefined && fault !== undefined) {
      const cure =
        fault === 'holds credentials'
          ? 'Remove them: the plugin `upstream-auth` sends credentials.'
          : 'Write scheme, host and port, such as https://eu.llm.example.com, and a path if every request gets it.'
      findings.push(problem(url.path, 'TACIT_URL_INVALID', `The address of this peer ${fault}.`, cure))
    }
  }
  if (peers.length > 0 && peers.every(({ value }) => value.weight === 0)) {
    findings.push(
      warning(
        [...upstream.path, 'peers'],
        'TACIT_WEIGHTS_ZERO',
        'Every peer of this upstream has the weight 0, so all get the same share.',
        'Give a weight to the peers that should be preferred.',
        'key'
      )
    )
  }
  return findings
}

function checkListeners({ root, isWritten }: Written): readonly Finding[] {
  const file: Entry = { value: isBlock(root) ? root : {}, path: [] }
  const listen = entryOf(file, 'listen')
  const admin = entryOf(file, 'admin')
  const findings: Finding[] = []
  for (const network of listen === undefined ? [] : wordsOf(listen, 'trustedProxies')) {
    const fault = networkFault(network.text)
    if (fault !== undefined) {
      findings.push(
        problem(
          network.path,
          'TACIT_NETWORK_INVALID',
          `This entry of "trustedProxies" ${fault}.`,
          'Write an address such as 10.0.0.7, or a range such as 10.0.0.0/8 or fd00::/8.'
        )
      )
    } else if (isEverybody(network.text)) {
      findings.push(
        warning(
          network.path,
          'TACIT_PROXY_EVERYBODY',
          'Everybody may say which address a request comes from.',
          'Name only the addresses of your own proxies.'
        )
      )
    }
  }
  const port = listen?.value.port
  if (
    admin !== undefined &&
    listen !== undefined &&
    typeof port === 'number' &&
    port !== 0 &&
    port === admin.value.port
  ) {
    findings.push(
      problem(
        [...(isWritten(['admin', 'port']) ? admin : listen).path, 'port'],
        'TACIT_PORT_SHARED',
        `The public and the admin listener have the same port, ${port}.`,
        'Give each a port of its own: without one, they are 8080 and 9090.'
      )
    )
  }
  return findings
}

function checkDigestKey(root: unknown): readonly Finding[] {
  const key = isBlock(root) ? root.digestKey : undefined
  if (typeof key !== 'string' || key.length >= MIN_DIGEST_KEY_LENGTH) return []
  return [
    problem(
      ['digestKey'],
      'TACIT_DIGEST_KEY_SHORT',
      `The key for digests is shorter than ${MIN_DIGEST_KEY_LENGTH} characters.`,
      'Make one with `openssl rand -base64 32`.'
    )
  ]
}

/**
 * A warning for each upstream that no route names. An upstream that the `config`
 * of a plugin mentions anywhere counts as used: the plugin may route to it.
 */
export function checkUnused(written: Written): readonly Finding[] {
  const upstreams = entriesOf(written.root, 'upstreams')
  const named = new Set<string>()
  for (const route of entriesOf(written.root, 'routes')) {
    const upstream = wordOf(route, 'upstream')
    if (upstream !== undefined) named.add(upstream.text)
    wordsIn(route.value.plugins, named)
  }
  wordsIn(isBlock(written.root) ? written.root.plugins : undefined, named)
  return upstreams.flatMap(upstream => {
    const id = wordOf(upstream, 'id')
    if (id === undefined || named.has(id.text)) return []
    return warning(
      id.path,
      'TACIT_UPSTREAM_UNUSED',
      `Nothing leads to the upstream ${quote(id, written)}.`,
      'Remove it.'
    )
  })
}
