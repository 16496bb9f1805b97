/**
 * Changes requests in ways that have made parsers disagree, from a seed, so that
 * a run can be repeated. Knows only bytes.
 */

/** Numbers from a seed (mulberry32): from 0 up to `below`, which is not reached. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const HIDDEN = 'GET /SMUGGLED HTTP/1.1\r\nHost: gw.test\r\n\r\n'

/** Requests to begin with. */
export const SEEDS: readonly string[] = [
  'GET /echo?a=b HTTP/1.1\r\nHost: gw.test\r\nAccept: */*\r\n\r\n',
  'HEAD /echo HTTP/1.1\r\nHost: gw.test\r\n\r\n',
  'GET /echo HTTP/1.0\r\nHost: gw.test\r\nConnection: keep-alive\r\n\r\n',
  'POST /echo HTTP/1.1\r\nHost: gw.test\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  'POST /echo HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
  `POST /echo HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  `POST /echo HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  'POST /a HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: gw.test\r\n\r\n',
  'PUT /echo HTTP/1.1\r\nHost: gw.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close, x-a\r\nX-A: b\r\n\r\nhello'
]

const BYTES = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '\x0b',
  '\x7f',
  '\xa0',
  '\xff',
  '"',
  '0',
  '5',
  '-',
  '+',
  '_',
  '%',
  '/',
  '..',
  '#'
]
const LINES = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  ' Transfer-Encoding: chunked',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 60',
  'Content_Length: 5',
  'Content-Length: 5, 5',
  'Host: evil.test',
  'Connection: content-length, host',
  'Connection: close',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Trailer: Host',
  'X: y',
  ''
]

/** One request made of another by one to four changes. */
export function mutated(roll: (below: number) => number): string {
  let text = pick(SEEDS, roll)
  for (let left = 1 + roll(4); left > 0; left--) text = changed(text, roll)
  return text
}

function changed(text: string, roll: (below: number) => number): string {
  const at = roll(text.length + 1)
  const lines = text.split('\r\n')
  const line = roll(lines.length)
  switch (roll(9)) {
    case 0:
      return text.slice(0, at) + pick(BYTES, roll) + text.slice(at)
    case 1:
      return text.slice(0, at) + pick(BYTES, roll) + text.slice(at + 1)
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + roll(8))
    case 3:
      return lines.toSpliced(line, 0, lines[roll(lines.length)] ?? '').join('\r\n')
    case 4:
      return lines.toSpliced(line, 1).join('\r\n')
    case 5:
      return lines.toSpliced(Math.min(1 + roll(4), lines.length), 0, pick(LINES, roll)).join('\r\n')
    case 6:
      return text.slice(0, at) + pick(SEEDS, roll).slice(roll(40))
    case 7:
      return text + pick(SEEDS, roll)
    default:
      return text.slice(0, at) + text.slice(at, at + 12).toUpperCase() + text.slice(at + 12)
  }
}

function pick<Item extends string>(items: readonly Item[], roll: (below: number) => number): string {
  return items[roll(items.length)] ?? ''
}
