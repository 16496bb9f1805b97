/** Puts a parameter into the query of a request target and leaves every other byte as it was. Pure. */

/**
 * `target` with `parameter` at the end of its query, and without any other parameter of that name, however its
 * name was percent-encoded.
 * @param name decoded.
 * @param parameter `name=value`, encoded.
 */
export function withParameter(target: string, name: string, parameter: string): string {
  const mark = target.indexOf('?')
  if (mark < 0) return `${target}?${parameter}`
  const kept = target
    .slice(mark + 1)
    .split('&')
    .filter(piece => nameOf(piece) !== name)
  const others = kept.join('&')
  return `${target.slice(0, mark + 1)}${others === '' ? '' : `${others}&`}${parameter}`
}

/** The name of one `name=value`, decoded as servers decode it (WHATWG URL, 5.1). */
function nameOf(piece: string): string {
  const equals = piece.indexOf('=')
  const name = equals < 0 ? piece : piece.slice(0, equals)
  if (!name.includes('%') && !name.includes('+')) return name
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
