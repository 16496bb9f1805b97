import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { buildPackage } from '../../../benchmarks/subjects/package.ts'
import { BARE, tacit } from '../../../benchmarks/subjects/tacit.ts'

t.test('what is measured is built, and starts where nothing else of the repository is', async t => {
  const folder = t.testdir()
  const root = buildPackage(folder)
  const subject = tacit(BARE, root)
  t.equal(subject.missing, undefined)
  const [node = '', main = ''] = subject.command(folder, 0, 1)
  t.equal(main, join(root, 'core/cli/tacit.js'))
  const { status, stdout } = spawnSync(node, [main, 'version'], { encoding: 'utf8' })
  t.equal(status, 0)
  t.match(stdout, /^\d+\.\d+\.\d+/)
})
