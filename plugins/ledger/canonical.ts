/**
 * JSON as bytes that are the same whoever writes them: members sorted, no space (RFC 8785), for values without fractions.
 * What a signature is over must not depend on who has stored or printed it in between. Pure.
 */

/** @throws TypeError for what is no JSON, or a number that is no safe integer. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('a number is no safe integer')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new TypeError('a value is no JSON')
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  // By UTF-16 code units, as RFC 8785, 3.2.3, wants it and JavaScript compares.
  members.sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
