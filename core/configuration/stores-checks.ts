/** Checks of the `stores:` block that no schema can make: addresses, and settings that exclude each other. */
import { redisUrlFault } from './addresses.ts'
import { type Finding, problem } from './finding.ts'
import { isBlock } from './path.ts'
import { type Entry, entryOf, type Written, wordsOf } from './written.ts'

/** Everything that is wrong with where shared state is kept. */
export function checkStores({ root }: Written): readonly Finding[] {
  const file: Entry = { value: isBlock(root) ? root : {}, path: [] }
  const stores = entryOf(file, 'stores')
  const redis = stores === undefined ? undefined : entryOf(stores, 'redis')
  return redis === undefined ? [] : [...checkAddresses(redis), ...checkKind(redis), ...checkTimes(redis)]
}

function checkAddresses(redis: Entry): readonly Finding[] {
  const findings: Finding[] = []
  const schemes = new Set<string>()
  for (const url of wordsOf(redis, 'url')) {
    const fault = redisUrlFault(url.text)
    if (fault === undefined) {
      schemes.add(url.text.slice(0, url.text.indexOf(':')))
      continue
    }
    const cure =
      fault === 'holds credentials'
        ? 'Remove them: write them as `username` and `password`.'
        : fault === 'holds a path'
          ? 'Remove it: write the number of the database as `database`.'
          : 'Write scheme, host and port, such as redis://10.0.0.7:6379.'
    findings.push(problem(url.path, 'TACIT_URL_INVALID', `The address of this Redis ${fault}.`, cure))
  }
  if (schemes.size > 1) {
    findings.push(
      problem(
        [...redis.path, 'url'],
        'TACIT_REDIS_MIXED',
        'Some of these addresses ask for TLS and some do not.',
        'Begin all of them with rediss://, or all with redis://.',
        'key'
      )
    )
  }
  const tls = entryOf(redis, 'tls')
  if (tls !== undefined && schemes.size === 1 && !schemes.has('rediss')) {
    findings.push(
      problem(
        tls.path,
        'TACIT_REDIS_PLAIN',
        '"tls" is set, and the address does not ask for TLS.',
        'Begin the address with rediss://.',
        'key'
      )
    )
  }
  if (tls !== undefined && (tls.value.cert === undefined) !== (tls.value.key === undefined)) {
    findings.push(
      problem(
        tls.path,
        'TACIT_REDIS_CERTIFICATE',
        'A certificate needs its private key, and the key its certificate.',
        'Write both `cert` and `key`, or neither.',
        'key'
      )
    )
  }
  return findings
}

function checkKind(redis: Entry): readonly Finding[] {
  const { cluster, sentinel, database } = redis.value
  if (cluster === true && sentinel !== undefined) {
    return [
      problem(
        [...redis.path, 'sentinel'],
        'TACIT_REDIS_KIND',
        'Sentinels do not watch over a cluster.',
        'Remove `sentinel` or `cluster`.',
        'key'
      )
    ]
  }
  if (cluster === true && typeof database === 'number' && database > 0) {
    return [
      problem([...redis.path, 'database'], 'TACIT_REDIS_KIND', 'A cluster has only the database 0.', 'Remove the key.')
    ]
  }
  if (cluster !== true && sentinel === undefined && wordsOf(redis, 'url').length > 1) {
    return [
      problem(
        [...redis.path, 'url'],
        'TACIT_REDIS_KIND',
        'Of several servers it must be said what they are to each other.',
        'Write `cluster: true`, or name the master under `sentinel`.',
        'key'
      )
    ]
  }
  return []
}

/** Times are decoded later, so a written 0 is looked for as it is written. */
function checkTimes(redis: Entry): readonly Finding[] {
  return (['connectTimeout', 'commandTimeout'] as const).flatMap(key => {
    const written = redis.value[key]
    if (typeof written !== 'string' || !/^0+(?:\.0+)?(?:ms|s|m|h|d)$/.test(written)) return []
    return problem([...redis.path, key], 'TACIT_DURATION_ZERO', `"${key}" must be more than nothing.`, 'Write 50ms.')
  })
}
