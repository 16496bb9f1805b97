/** Which settings hold only after a restart. Pure: judges what has changed. */
import type { Change } from './configuration/changes.ts'

/** What a reload puts into force, lists of entries included. What does not stand here needs a restart. */
const LIVE: ReadonlySet<string> = new Set([
  'version',
  'log',
  'responseHeaders',
  'shutdownGrace',
  'digestKey',
  'egress',
  'plugins',
  'route',
  'upstream',
  'consumer',
  'group'
])
/** Its entries, too. */
const LIVE_LIST = 'admin.tokens'

/**
 * The settings that a running process cannot change: `listen.port`, say.
 * @param changes between the file that it was started with and the one that it was given now.
 */
export function needRestart(changes: readonly Change[]): readonly string[] {
  return changes.flatMap(({ subject, settings }) => {
    if (LIVE.has(subject)) return []
    return settings
      .map(({ path }) => (path === subject ? subject : `${subject}.${path}`))
      .filter(name => !LIVE.has(name) && name !== LIVE_LIST && !name.startsWith(`${LIVE_LIST}.`))
  })
}
