/** Runs one command of `tacit` on a configuration that stands in a folder of the test. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main } from '../../core/cli/main.ts'
import { TestTerminal } from './terminal.ts'

/** A configuration in which little stands, and all of it is in order. */
export const SOUND = `version: 1
upstreams: [ { id: one, peers: [ { id: a, url: 'http://127.0.0.1:9', region: eu }, { id: b, url: 'http://127.0.0.1:10' } ] } ]
plugins: [ { use: access-log } ]
routes: [ { id: all, match: { path: /v1/*, method: [GET, POST] }, upstream: one, plugins: [ { use: cors, config: { origins: ['*'] } } ] } ]
`

/** Runs the command that `args` makes of the path of a file with this text. */
export async function runOn(
  t: { testdir(): string },
  args: (file: string) => readonly string[],
  text = SOUND
): Promise<{ readonly code: number; readonly printed: string; readonly complained: string }> {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, text)
  const terminal = new TestTerminal()
  const code = await main(args(file), terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}
