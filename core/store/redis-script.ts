/** A script that runs inside Redis, known to it by its digest. Pure. */
import { createHash } from 'node:crypto'

/** A Lua script. It must touch only keys with the hash tag of those that it is handed, and read the time from Redis. */
export class RedisScript {
  readonly source: string
  /** SHA-1 of the source in hex: what EVALSHA takes. No secret depends on it. */
  readonly sha1: string

  constructor(source: string) {
    this.source = source
    this.sha1 = createHash('sha1').update(source).digest('hex')
  }
}
