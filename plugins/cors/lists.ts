/** Lists of tokens in header values (RFC 9110, 5.6.1). Pure. */

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Whether a comma-separated `list` has `token`, in any case. */
export function hasToken(list: string, token: string): boolean {
  return list.split(',').some(entry => entry.trim().toLowerCase() === token)
}

/** The tokens of a comma-separated `list`, as they stand; what is no token is left out. */
export function tokensOf(list: string): string[] {
  return list
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => TOKEN.test(entry))
}
