import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { problem } from '../../../core/configuration/finding.ts'
import { ConfigurationError, renderReport } from '../../../core/configuration/report.ts'
import { readYamlFile } from '../../../core/configuration/yaml-file.ts'
import { Duration, Secret, Type } from '../../../core/plugin.ts'

const SCHEMA = Type.Object({
  wait: Duration({ default: '1s' }),
  names: Type.Array(Type.String()),
  key: Type.Optional(Secret())
})

async function read(t: { testdir(): string }, text: string, environment = {}) {
  const file = join(t.testdir(), 'a.yaml')
  await writeFile(file, text)
  return readYamlFile(file, SCHEMA, environment, ({ names }) =>
    names.includes('bad') ? [problem(['names', 0], 'TACIT_BAD', 'No.')] : []
  )
}

async function reportOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    caught => caught
  )
  return error instanceof ConfigurationError ? renderReport(error.problems, '') : String(error)
}

t.test('reads, decodes, and knows where everything stands', async t => {
  const { content, lineOf } = await read(t, 'wait: 5s\nnames:\n  - a\n  - ${NAME}\n', { NAME: 'b' })
  t.strictSame(content, { wait: 5000, names: ['a', 'b'] })
  t.equal(lineOf(['names', 1]), 4)
})

t.test('reports what is wrong as for a configuration, without secrets', async t => {
  const report = await reportOf(read(t, 'wait: 5 s\nnmes: [a]\nkey: hunter-hunter\nnames: ${NONE}\n'))
  for (const code of ['TACIT_UNIT_WRONG', 'TACIT_KEY_UNKNOWN', 'TACIT_SECRET_MISSING']) t.match(report, code)
  t.notMatch(report, 'hunter')
  t.match(await reportOf(read(t, 'names: [a, b\n')), 'TACIT_YAML_SYNTAX')
  t.match(await reportOf(read(t, '')), 'TACIT_YAML_EMPTY')
})

t.test('asks for what no schema can say, once the schema fits', async t => {
  t.match(await reportOf(read(t, 'names: [bad]\n')), /a\.yaml:1:9 {2}TACIT_BAD/)
})

t.test('says that a file cannot be read', async t => {
  await t.rejects(readYamlFile(join(t.testdir(), 'none.yaml'), SCHEMA, {}), { code: 'TACIT_FILE_UNREADABLE' })
})
