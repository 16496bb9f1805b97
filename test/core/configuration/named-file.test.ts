import { join } from 'node:path'
import t from 'tap'
import { readNamedFile, readNamedText } from '../../../core/configuration/named-file.ts'

t.test('reads a file as bytes and as text', async t => {
  const file = join(t.testdir({ 'a.yaml': 'name: ü\n' }), 'a.yaml')
  t.strictSame(await readNamedFile(file), Buffer.from('name: ü\n'))
  t.equal(await readNamedText(file), 'name: ü\n')
})

t.test('says of what cannot be read why, and what to do', async t => {
  const folder = t.testdir()
  const cure = 'Check the path and its permissions.'
  for (const [file, code] of [
    [join(folder, 'none.yaml'), 'ENOENT'],
    [folder, 'EISDIR']
  ] as const) {
    const failure = { code: 'TACIT_FILE_UNREADABLE', message: `"${file}" could not be read (${code}).`, cure }
    await t.rejects(readNamedFile(file), failure)
    await t.rejects(readNamedText(file), failure)
  }
})
