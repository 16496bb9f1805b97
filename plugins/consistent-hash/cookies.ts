/** Reads one cookie of a request (RFC 6265, 5.4). Pure. */

/** The value of the first cookie called `name`, as it was sent; undefined where there is none. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const middle = pair.indexOf('=')
    if (middle > 0 && pair.slice(0, middle).trim() === name) return pair.slice(middle + 1).trim()
  }
  return undefined
}
