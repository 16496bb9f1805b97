import t from 'tap'
import { readDocument } from '../../../core/configuration/document.ts'
import { problem, warning } from '../../../core/configuration/finding.ts'
import { Merged } from '../../../core/configuration/merged.ts'
import { MergedReporter } from '../../../core/configuration/merged-report.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const MAIN = 'version: 1\nroutes:\n  - { id: a }\n'
const PART = 'routes:\n  - { id: b, key: hunter-hunter }\n'

function reporter(secretPaths: () => Iterable<readonly (string | number)[]> = () => []) {
  const files = [
    { name: 'main.yaml', document: readDocument(MAIN), findings: [] },
    { name: 'part.yaml', document: readDocument(PART), findings: [warning(['routes'], 'TACIT_OWN', 'Own.')] }
  ]
  return new MergedReporter(new Merged(files), new Substitutions(), secretPaths)
}

t.test('tells each problem in its file, the main one first, by its path and line there', async t => {
  const problems = reporter().problems([
    problem(['routes', 1, 'id'], 'TACIT_B', 'B.'),
    problem(['routes', 0, 'id'], 'TACIT_A', 'A.')
  ])
  t.strictSame(
    problems.map(({ file, line, code, path }) => [file, line, code, path.join('.')]),
    [
      ['main.yaml', 3, 'TACIT_A', 'routes.0.id'],
      ['part.yaml', 1, 'TACIT_OWN', 'routes'],
      ['part.yaml', 2, 'TACIT_B', 'routes.0.id']
    ]
  )
})

t.test('of two at one place tells the error', async t => {
  const path = ['routes', 0, 'id']
  const problems = reporter().problems([warning(path, 'TACIT_W', 'W.'), problem(path, 'TACIT_E', 'E.')])
  t.equal(problems[0]?.code, 'TACIT_E')
})

t.test('knows whether anything is an error, in the files themselves too', async t => {
  t.equal(reporter().hasErrors([warning([], 'TACIT_W', 'W.')]), false)
  t.equal(reporter().hasErrors([problem([], 'TACIT_E', 'E.')]), true)
})

t.test('hides secrets of every file, and finds the place of a later problem', async t => {
  const found = reporter(() => [['routes', 1, 'key']]).problemAt(problem(['routes', 1, 'id'], 'TACIT_L', 'Late.'))
  t.strictSame([found.file, found.line], ['part.yaml', 2])
  t.match(found.excerpt.text, '[secret]')
  t.notMatch(found.excerpt.text, 'hunter')
})
