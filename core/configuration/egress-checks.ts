/** Checks of the `egress:` blocks that no schema can make: what may be reached has to be an address, a range or a name. */
import { isIP } from 'node:net'
import { hostFault, isEverybody, networkFault } from './addresses.ts'
import { type Finding, problem, warning } from './finding.ts'
import { isBlock } from './path.ts'
import { type Entry, entriesOf, entryOf, type Written, wordOf, wordsOf } from './written.ts'

/** Everything that is wrong with what calls of plugins, and the gateway on its way to peers, may reach. */
export function checkEgress({ root }: Written): readonly Finding[] {
  const file: Entry = { value: isBlock(root) ? root : {}, path: [] }
  return [
    ...checkAllowed(file, 'Plugins may reach every address, those of this machine and its network included.'),
    ...entriesOf(root, 'upstreams').flatMap(upstream => [
      ...checkAllowed(upstream, 'The names of peers may lead to every address, those of this network included.'),
      ...entriesOf(upstream.value, 'peers', upstream.path).flatMap(peer => checkPeer(peer, allowsAnything(upstream)))
    ])
  ]
}

/** Where clouds answer questions about the machine that asks, its credentials included: link-local addresses, Azure's own and AWS's for IPv6. */
const METADATA = /^(?:169\.254\.|168\.63\.129\.16$|fe[89ab][0-9a-f]:|fd00:ec2::254$)/i

/** Names that lead into a private network as a rule: without a dot, or below what is kept for such networks. */
const PRIVATE_NAME = /^[^.]+$|\.(?:internal|local|lan|svc|intranet|home\.arpa)$/

function checkPeer(peer: Entry, isAnythingAllowed: boolean): readonly Finding[] {
  const url = wordOf(peer, 'url')
  if (url === undefined || !URL.canParse(url.text)) return []
  const host = new URL(url.text).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) {
    if (!METADATA.test(host)) return []
    return [
      warning(
        url.path,
        'TACIT_PEER_METADATA',
        'This address answers questions about the machine itself, its credentials included.',
        'Make sure that no client may ask it.'
      )
    ]
  }
  const isPrivate = PRIVATE_NAME.test(host) && host !== 'localhost'
  if (!isPrivate || isAnythingAllowed) return []
  return [
    warning(
      url.path,
      'TACIT_PEER_PRIVATE',
      'This name leads into a private network as a rule, and peers are reached at public addresses only.',
      'Name it, or the range of that network, under `egress.allow` of the upstream.'
    )
  ]
}

function checkAllowed(owner: Entry, everybody: string): readonly Finding[] {
  const egress = entryOf(owner, 'egress')
  if (egress === undefined) return []
  return wordsOf(egress, 'allow').flatMap(({ text, path }) => {
    // What looks like a range or an address is meant as one, so its own fault is the one to tell.
    const fault = /^[\d.]+(?:\/|$)|[:/]/.test(text) ? networkFault(text) : nameFault(text)
    if (fault !== undefined) {
      return problem(
        path,
        'TACIT_EGRESS_INVALID',
        `This entry of "allow" ${fault}.`,
        'Write an address such as 10.0.0.7, a range such as 10.0.0.0/8, or a host name such as otel-collector.'
      )
    }
    if (!isEverybody(text)) return []
    return warning(path, 'TACIT_EGRESS_EVERYBODY', everybody, 'Name only what they have to reach.')
  })
}

function nameFault(text: string): string | undefined {
  return text.includes('*') ? 'holds a `*`: names are compared as a whole' : hostFault(text)
}

function allowsAnything(upstream: Entry): boolean {
  const egress = entryOf(upstream, 'egress')
  return egress !== undefined && wordsOf(egress, 'allow').length > 0
}
