/**
 * One file for each way to get a configuration wrong: what is written, a line of
 * hyphens, and the report to the letter.
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ConfigurationError, renderReport } from '../../../core/configuration/report.ts'
import { environment, load } from './support.ts'

const folder = new URL('cases/', import.meta.url)
const separator = '----------\n'

for (const file of readdirSync(folder).sort()) {
  t.test(`reports ${file.replace('.yaml', '').replaceAll('-', ' ')}`, async t => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const [written = '', expected] = text.split(separator)
    const report = await reportOf(written)
    t.equal(report, expected)
    for (const value of Object.values(environment)) {
      t.notOk(value !== '' && report.includes(value), 'no value from outside is shown')
    }
    t.notMatch(report, /hunter|correct-horse|sk-live/, 'no secret of the file is shown')
  })
}

async function reportOf(text: string): Promise<string> {
  try {
    const { warnings } = await load(text)
    return renderReport(warnings, 'The gateway was started.').replaceAll('/etc/tacit/gateway', 'gateway')
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return renderReport(error.problems).replaceAll('/etc/tacit/gateway', 'gateway')
  }
}
