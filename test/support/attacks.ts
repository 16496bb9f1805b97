/**
 * Sends hostile and odd requests through a gateway and says what came of each:
 * what reached the upstream behind it, what the sender was told, and whether
 * anybody else got an answer that was not theirs. Then holds that against what
 * had to come of it. Knows the gateway only by its port.
 */
import { MalformedMessage, type ReadMessage, readMessage, valuesOf } from './http-reader.ts'
import { RECORDED_AS, type Recorded, type Recorder } from './recorder.ts'
import { Wire, type WireAnswer } from './wire.ts'

/** One request, and what has to come of it. */
export interface AttackCase {
  readonly id: string
  readonly class: string
  /** Bytes as they are sent, as Latin-1. */
  readonly raw: string
  readonly expected: string
  /** Messages that the bytes hold, where that is more than one. */
  readonly requestsInPayload?: number | undefined
  /** Whether the hidden request may arrive, since the gateway saw and judged it as a request of its own. */
  readonly canaryMayArrive?: boolean | undefined
  /** Fields, by their names in lower case, that the upstream must not see. */
  readonly mustNotReachUpstream?: readonly string[] | undefined
}

/** What came of one request. */
export interface Outcome {
  /** All bytes that were sent on its connection, as Latin-1: the request, and a good one behind it if there was an answer. */
  readonly sent: string
  /** Whole requests that reached the upstream because of it. */
  readonly arrived: readonly Recorded[]
  /** What its sender was told, the answer to the good request after it left out. */
  readonly answers: readonly WireAnswer[]
  /** Anything that must never be: malformed messages on either side, an answer in the wrong hands, a good request refused. */
  readonly faults: readonly string[]
}

const CANARY = '/SMUGGLED'
const GOOD_HEADERS = 'Host: gw.test\r\nAuthorization: Bearer GOODKEY\r\n'

let probes = 0

/** A good request with a target that no other has. */
function probe(): { readonly target: string; readonly bytes: string } {
  probes++
  const target = `/echo?probe=${probes}`
  return { target, bytes: `GET ${target} HTTP/1.1\r\n${GOOD_HEADERS}\r\n` }
}

/** The number that the recorder gave to what this answers; undefined when it did not come from there. */
function recordedAs({ headers }: WireAnswer): number | undefined {
  const [number] = valuesOf(headers, RECORDED_AS)
  return number === undefined ? undefined : Number(number)
}

/** A good request on a connection of its own must get the answer to itself. */
async function askFreshly(port: number, recorder: Recorder, faults: string[]): Promise<void> {
  const { target, bytes } = probe()
  const wire = await Wire.open(port)
  wire.write(bytes)
  await wire.untilAnswers(1)
  const [answer] = wire.answers
  if (answer === undefined || !isAnswerTo(answer, target, recorder)) {
    faults.push(`a good request on a fresh connection got ${describe(answer)}`)
  }
  faults.push(...wire.faults)
  wire.end()
  await wire.untilClosed()
}

function isAnswerTo(answer: WireAnswer, target: string, recorder: Recorder): boolean {
  const id = recordedAs(answer)
  if (id === undefined || answer.body.toString('latin1') !== `${id} ${target}`) return false
  return recorder.requests[id - 1]?.target === target
}

function describe(answer: WireAnswer | undefined): string {
  return answer === undefined ? 'no answer' : `${answer.status} ${answer.body.toString('latin1', 0, 120)}`
}

/**
 * Sends one request, then good ones beside and behind it, and waits until nothing more can come of it.
 *
 * @param expectedAnswers how many there have to be; they are waited for.
 */
export async function attempt(port: number, recorder: Recorder, raw: string, expectedAnswers = 0): Promise<Outcome> {
  const faults: string[] = []
  const recordedBefore = recorder.requests.length
  const faultsBefore = recorder.faults.length
  const { target, bytes } = probe()
  const wire = await Wire.open(port, headsIn(raw + bytes))
  wire.write(raw)
  await wire.untilAnswers(expectedAnswers)
  // By the time that two others have come and gone, the gateway has done with these bytes what it will.
  await askFreshly(port, recorder, faults)
  await askFreshly(port, recorder, faults)
  const probed = !wire.closed && wire.answers.length > 0
  if (probed) {
    wire.write(bytes)
    await askFreshly(port, recorder, faults)
    await askFreshly(port, recorder, faults)
  }
  wire.end()
  await wire.untilClosed()
  await askFreshly(port, recorder, faults)

  faults.push(...wire.faults, ...recorder.faults.slice(faultsBefore))
  const arrived = recorder.requests.slice(recordedBefore).filter(each => !each.target.startsWith('/echo?probe='))
  const answers: WireAnswer[] = []
  for (const answer of wire.answers) {
    if (!/^\d+ \/echo\?probe=/.test(answer.body.toString('latin1'))) answers.push(answer)
    else if (!isAnswerTo(answer, target, recorder)) faults.push(`an answer in the wrong hands: ${describe(answer)}`)
  }
  const sent = probed ? raw + bytes : raw
  faults.push(...outOfPlace(answers, arrived, requestsIn(sent)))
  return { sent, arrived, answers, faults }
}

/** Answers that belong to somebody else, or to an earlier request than the answer before. */
function outOfPlace(
  answers: readonly WireAnswer[],
  arrived: readonly Recorded[],
  sent: readonly ReadMessage[]
): readonly string[] {
  const found: string[] = []
  let place = -1
  for (const answer of answers) {
    const number = recordedAs(answer)
    if (number === undefined) continue
    const request = arrived.find(({ id }) => id === number)
    if (request === undefined) found.push(`the answer to request ${number} in the wrong hands`)
    const next = sent.findIndex((each, index) => index > place && each.startLine.split(/ +/)[1] === request?.target)
    if (next === -1 && place >= 0) found.push(`the answer to request ${number} out of order`)
    place = Math.max(place, next)
  }
  return found
}

/** Whole requests at the start of some bytes, up to whatever is none. */
export function requestsIn(sent: string): readonly ReadMessage[] {
  const found: ReadMessage[] = []
  let rest = Buffer.from(sent, 'latin1')
  try {
    for (;;) {
      // RFC 9112, 2.2: empty lines before a request line are passed over, however they end.
      while (rest[0] === 0x0d || rest[0] === 0x0a) rest = rest.subarray(1)
      const message = readMessage(rest, 'request')
      if (message === undefined) return found
      found.push(message)
      rest = rest.subarray(message.length)
    }
  } catch (error) {
    if (error instanceof MalformedMessage) return found
    throw error
  }
}

/** For each request in these bytes, whether it is a HEAD. */
function headsIn(sent: string): readonly boolean[] {
  const heads = requestsIn(sent).map(({ startLine }) => startLine.startsWith('HEAD '))
  return heads.length > 0 ? heads : [sent.startsWith('HEAD ')]
}

/** The bytes of a case, its body made whole where the case only announces it. */
export function wholeRequest(raw: string): string {
  const [, length] = /\r\nContent-Length:[ \t]*(\d+)[ \t]*\r\n/i.exec(raw) ?? []
  const headEnd = raw.indexOf('\r\n\r\n') + 4
  return raw + 'a'.repeat(Math.max(0, Number(length ?? 0) - (raw.length - headEnd)))
}

/** What an outcome has against what was expected; empty when all is well. */
export function complaints(attack: AttackCase, { arrived, answers, faults }: Outcome): readonly string[] {
  const found = [...faults]
  const mayArrive = Math.max(1, attack.requestsInPayload ?? 1) + (attack.canaryMayArrive === true ? 1 : 0)
  const smuggled = arrived.some(({ target }) => target.startsWith(CANARY))
  if (smuggled && attack.canaryMayArrive !== true && attack.expected !== 'pipelined-2') found.push('the canary arrived')
  const refused = answers.every(({ status }) => status >= 400)
  switch (attack.expected) {
    case 'reject':
    case 'reject-or-close':
    case 'no-forward-until-complete':
      if (arrived.length > 0) found.push(`forwarded ${list(arrived)}`)
      if (!refused) found.push(`answered ${answers.map(({ status }) => status).join(', ')}`)
      break
    case 'reject-or-sanitise':
      if (arrived.length > mayArrive) found.push(`forwarded ${list(arrived)}`)
      for (const each of arrived) found.push(...dangersIn(each))
      break
    case 'forward-safe':
      found.push(...differences(attack.raw, arrived))
      if (!answers.every(({ status }) => status === 200) || answers.length !== arrived.length) {
        found.push(`answered ${answers.map(({ status }) => status).join(', ')}`)
      }
      break
    case 'forward-stripped':
      if (arrived.length !== 1) found.push(`forwarded ${arrived.length} times; ${answers.map(describe).join(', ')}`)
      for (const each of arrived) found.push(...dangersIn(each), ...notStripped(attack, each))
      break
    case 'pipelined-2':
      if (arrived.length !== 2 || answers.length !== 2) found.push(`forwarded ${list(arrived)}`)
      break
    case 'no-ssrf':
    case 'no-bypass':
      for (const each of arrived) found.push(...dangersIn(each), ...bypasses(attack, each))
      if (arrived.length > 1) found.push(`forwarded ${list(arrived)}`)
      break
    case 'no-trust':
      for (const each of arrived) found.push(...dangersIn(each), ...trusted(attack, each))
      break
    case 'no-header-injection':
      for (const { headers } of [...arrived, ...answers]) {
        if (valuesOf(headers, 'set-cookie').length > 0) found.push('a header was injected')
      }
      break
    case 'consistent':
      for (const { headers } of arrived) {
        if (valuesOf(headers, 'authorization').length + valuesOf(headers, 'x-api-key').length > 0) {
          found.push('passed a credential on that was not judged')
        }
      }
      if (arrived.length > 1) found.push(`forwarded ${list(arrived)}`)
      break
    case 'no-crash':
      if (arrived.length > mayArrive) found.push(`forwarded ${list(arrived)}`)
      break
    default:
      found.push(`nobody knows how to tell ${attack.expected}`)
  }
  return found
}

function list(arrived: readonly Recorded[]): string {
  return arrived.map(({ method, target }) => `${method} ${target.slice(0, 80)}`).join(', ')
}

/** Fields of a request at the upstream that could still do harm. The recorder has read it strictly already. */
function dangersIn({ target, headers, trailers }: Recorded): readonly string[] {
  const dangers: string[] = []
  if (!target.startsWith('/') || target.startsWith('//')) dangers.push(`forwarded the target ${target}`)
  for (const name of ['connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'proxy-connection', 'expect']) {
    const values = valuesOf(headers, name).filter(value => !/^(keep-alive|close)$/i.test(value))
    if (values.length > 0) dangers.push(`forwarded ${name}: ${values.join(', ')}`)
  }
  for (const [name] of headers) {
    if (
      /^(content|transfer)[^a-z0-9]+(length|encoding)$/i.test(name) &&
      !/^(content-(length|encoding)|transfer-encoding)$/i.test(name)
    ) {
      dangers.push(`forwarded the look-alike ${name}`)
    }
  }
  if (valuesOf(headers, 'host').length !== 1) dangers.push('forwarded without exactly one host')
  if (trailers.length > 0) dangers.push('forwarded trailers')
  return dangers
}

/** How what arrived differs from the one request that was sent. */
function differences(raw: string, arrived: readonly Recorded[]): readonly string[] {
  const sent = readSent(raw)
  if (sent === undefined) return ['the case is no whole request']
  const [first, ...more] = arrived
  if (first === undefined || more.length > 0) return [`forwarded ${arrived.length} times`]
  const [method, target] = sent.startLine.split(' ')
  const found: string[] = []
  if (first.method !== method || first.target !== target) found.push(`forwarded as ${first.method} ${first.target}`)
  if (!first.body.equals(sent.body)) found.push(`forwarded with a body of ${first.body.length} bytes`)
  const kept = new Set(first.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`))
  for (const [name, value] of sent.headers) {
    if (CONNECTION_FIELDS.test(name)) continue
    if (!kept.has(`${name.toLowerCase()}: ${value}`)) found.push(`forwarded without ${name}: ${value.slice(0, 80)}`)
  }
  return [...found, ...dangersIn(first)]
}

const CONNECTION_FIELDS = /^(host|connection|keep-alive|transfer-encoding|content-length|x-forwarded-for)$/i

function readSent(raw: string): ReadMessage | undefined {
  return requestsIn(raw)[0]
}

function notStripped(attack: AttackCase, { headers }: Recorded): readonly string[] {
  const found: string[] = []
  for (const name of attack.mustNotReachUpstream ?? []) {
    if (valuesOf(headers, name).length > 0) found.push(`forwarded ${name}`)
  }
  if (valuesOf(headers, 'authorization').includes('Bearer ADMIN')) found.push('merged a trailer')
  if (valuesOf(headers, 'via').length !== 1) found.push("lost the gateway's own field")
  return found
}

/** Reads a path as the most obliging server would: decoding until nothing changes, folding, then walking the segments. */
function mostObligingReading(target: string): string {
  let decoded = target.replace(/\?.*/s, '')
  for (let previous = ''; previous !== decoded; ) {
    previous = decoded
    decoded = decoded
      .replace(/%u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
      .replace(/%[0-9a-f]{2}/gi, triplet => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)))
      .replaceAll('\xc0\xae', '.')
      .replaceAll(/\xc0\xaf|\xef\xbc\x8f|\uff0f/g, '/')
      .replaceAll(/\xef\xbc\x8e|\uff0e/g, '.')
  }
  const walked: string[] = []
  for (const segment of decoded.toLowerCase().replaceAll('\\', '/').split('/')) {
    const bare = segment.replace(/[;\0#?].*/s, '').trim()
    if (bare === '..') walked.pop()
    else if (bare !== '' && bare !== '.') walked.push(bare)
  }
  return `/${walked.join('/')}`
}

function bypasses(attack: AttackCase, { target, headers }: Recorded): readonly string[] {
  const found: string[] = []
  const read = mostObligingReading(target)
  if (/^\/(admin|etc)(\W|$)/.test(read)) found.push(`forwarded ${target}, which may be read as ${read}`)
  const sent = /^\S+ (\S+) HTTP/.exec(attack.raw.trimStart())?.[1]
  if (/^host:[ \t]*admin\./im.test(attack.raw)) found.push('reached a guarded host')
  if (target !== sent) found.push(`forwarded ${target} instead of ${sent}`)
  if (valuesOf(headers, 'host').some(host => host.includes('evil'))) found.push('forwarded to a host of the client')
  return found
}

/** Claims of the client that reached the upstream as they were. */
function trusted(attack: AttackCase, { method, target, headers }: Recorded): readonly string[] {
  const sent = readSent(attack.raw)
  const found: string[] = []
  if (!sent?.startLine.startsWith(`${method} ${target} `)) found.push(`forwarded as ${method} ${target}`)
  for (const [name, value] of sent?.headers ?? []) {
    if (name.toLowerCase() === 'host') continue
    if (valuesOf(headers, name.toLowerCase()).some(each => each.includes(value)))
      found.push(`forwarded ${name}: ${value}`)
  }
  return found
}
