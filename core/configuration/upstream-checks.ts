/** Checks of upstreams that no schema can make: settings that need each other, or that make each other pointless. */
import { type Finding, problem, warning } from './finding.ts'
import { type Entry, entriesOf, entryOf, type Written, wordOf } from './written.ts'

/** Everything that is wrong with upstreams by themselves. */
export function checkUpstreams({ root }: Written): readonly Finding[] {
  return entriesOf(root, 'upstreams').flatMap(upstream => [...checkCertificate(upstream), ...checkBounds(upstream)])
}

/** A certificate is of no use without its key, nor a key without its certificate. */
function checkCertificate(upstream: Entry): readonly Finding[] {
  const tls = entryOf(upstream, 'tls')
  if (tls === undefined) return []
  const cert = wordOf(tls, 'cert')
  const key = wordOf(tls, 'key')
  const alone = key === undefined ? cert : cert === undefined ? key : undefined
  if (alone === undefined) return []
  const missing = key === undefined ? 'key' : 'cert'
  return [
    problem(
      alone.path,
      'TACIT_CLIENT_CERTIFICATE_HALF',
      `A certificate that is shown to peers needs its key: \`${missing}\` is missing.`,
      `Name the PEM file under \`${missing}\`.`,
      'key'
    )
  ]
}

function checkBounds(upstream: Entry): readonly Finding[] {
  const limits = entryOf(upstream, 'limits')
  const connections = entryOf(upstream, 'connections')
  const findings: Finding[] = []
  const max = connections?.value.max
  const peerInFlight = limits?.value.peerInFlight
  if (limits !== undefined && typeof max === 'number' && typeof peerInFlight === 'number' && peerInFlight > max) {
    findings.push(
      warning(
        [...limits.path, 'peerInFlight'],
        'TACIT_LIMIT_POINTLESS',
        `No more than the ${max} tries that \`connections.max\` allows can be under way at a peer.`,
        'Raise `connections.max`, or leave this out.'
      )
    )
  }
  const warm = connections?.value.warm
  if (connections !== undefined && typeof warm === 'number' && warm > 0 && upstream.value.transport === 'undici') {
    findings.push(
      warning(
        [...connections.path, 'warm'],
        'TACIT_WARM_POINTLESS',
        'The transport `undici` opens no connections ahead of requests.',
        'Leave `transport` out, or this.'
      )
    )
  }
  return findings
}
