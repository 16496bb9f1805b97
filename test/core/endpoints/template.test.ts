import t from 'tap'
import { matchTemplate, parametersOf, parseTemplate, shapeOf } from '../../../core/endpoints/template.ts'

/** What a path's parameters are in another one. */
function match(template: string, path: string) {
  return matchTemplate(
    parseTemplate(template) ?? (t.fail('no template') as never),
    path === '/' ? [] : path.slice(1).split('/')
  )
}

t.test('reads parameters out of whole segments, decoded', async t => {
  t.strictSame(match('/usage/{consumer}', '/usage/team-a'), { consumer: 'team-a' })
  t.strictSame(match('/a/{b}/c/{d}', '/a/x%20y/c/%2e%2e'), { b: 'x y', d: '..' })
  t.strictSame(match('/', '/'), {})
})

t.test('takes no other path', async t => {
  for (const path of [
    '/',
    '/usage',
    '/usage/',
    '/usage//',
    '/usage/a/',
    '/usage/a/b',
    '/Usage/a',
    '/usage/%zz',
    '/usage/%ff'
  ]) {
    t.equal(match('/usage/{consumer}', path), undefined, path)
  }
})

t.test('a path is lower-case words and named parameters, each a whole segment', async t => {
  for (const path of [
    '',
    'usage',
    '/usage/',
    '//',
    '/Usage',
    '/a/../b',
    '/.hidden',
    '/a b',
    '/{}',
    '/{A}',
    '/x{a}',
    '/{a}/{a}',
    '/%61',
    '/*'
  ]) {
    t.equal(parseTemplate(path), undefined, path)
  }
  t.equal(parseTemplate(`/${Array(8).fill('a').join('/')}`)?.length, 8)
  t.equal(parseTemplate(`/${Array(9).fill('a').join('/')}`), undefined, 'deeper than anybody needs')
})

t.test('paths that differ in the names of parameters alone have one shape', async t => {
  const [one, other] = [parseTemplate('/a/{b}/c'), parseTemplate('/a/{x}/c')]
  t.equal(shapeOf(one ?? []), shapeOf(other ?? []))
  t.equal(shapeOf(one ?? []), '/a/{}/c')
  t.strictSame(parametersOf(one ?? []), ['b'])
})
