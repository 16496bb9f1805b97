/** The names of keys in Redis. Pure. */

/**
 * A key that stands where all others of its owner do, in a cluster too:
 * `<prefix>:{<owner>}:<name>`. What is in braces decides on the slot (Redis
 * Cluster specification, "Hash tags"), so an owner cannot hold any: they are
 * escaped, as is an empty owner, which would be none.
 */
export function redisKey(prefix: string, owner: string, name: string): string {
  return `${prefix}:{${owner === '' ? '%' : escapeBraces(owner)}}:${name}`
}

function escapeBraces(owner: string): string {
  if (!/[%{}]/.test(owner)) return owner
  return owner.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D')
}
