import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { FileWatch } from '../../core/file-watch.ts'

/** A watch, and the next time that it tells. */
function watching() {
  let tell = () => {}
  const watch = new FileWatch(() => tell())
  const next = () =>
    new Promise<void>(resolve => {
      tell = resolve
    })
  return { watch, next }
}

t.test('tells of a file that is written, replaced, removed and made', async t => {
  // Polling does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000)
  t.teardown(() => clearInterval(alive))
  const folder = t.testdir({ 'one.yaml': 'one', 'other.yaml': 'other' })
  const file = join(folder, 'one.yaml')
  const { watch, next } = watching()
  t.teardown(() => watch.close())
  watch.watch([file])
  let told = next()
  await writeFile(file, 'written again')
  await told
  told = next()
  await rename(join(folder, 'other.yaml'), file)
  await told
  told = next()
  await rm(file)
  await told
  told = next()
  await writeFile(file, 'back')
  await told
  t.pass('told each time')
})

t.test('tells of the files of the last call only', async t => {
  const alive = setInterval(() => {}, 60_000)
  t.teardown(() => clearInterval(alive))
  const folder = t.testdir({ 'one.yaml': 'one', 'two.yaml': 'two' })
  const [one, two] = [join(folder, 'one.yaml'), join(folder, 'two.yaml')]
  const { watch, next } = watching()
  t.teardown(() => watch.close())
  watch.watch([one])
  watch.watch([two])
  const told = next()
  await writeFile(one, 'nobody looks')
  await writeFile(two, 'written again')
  await told
  t.pass('of the one that is watched')
})
