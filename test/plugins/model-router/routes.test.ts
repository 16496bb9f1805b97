import { testCatalogue } from 'tacit-gateway/testing'
import t from 'tap'
import { opaqueUpstream } from '../../../core/opaque.ts'
import { Routes } from '../../../plugins/model-router/routes.ts'
import { ACME_YAML } from '../../support/catalogue.ts'

const PROVIDERS: Readonly<Record<string, string>> = { acme: 'acme' }
const parts = {
  catalogue: testCatalogue(ACME_YAML).catalogue,
  upstream: (id: string) => opaqueUpstream(id, asked => PROVIDERS[asked])
}
const routesOf = (config: Partial<ConstructorParameters<typeof Routes>[0]>) =>
  new Routes({ models: [], aliases: {}, upstreams: [], ...config }, parts)
const shown = (routes: Routes, name: string) => {
  const found = routes.find(name)
  const groups = found?.groups.map(group => group.map(({ upstream, model }) => `${upstream.id}:${model}`).join(' '))
  return found && `${found.by} ${found.rule} > ${groups?.join(' | ')}`
}

t.test(
  'finds a name where it is written, then by wildcards, then in the catalogue, then by the one for all',
  async t => {
    const routes = routesOf({
      models: [
        { name: 'small', targets: [{ upstream: 'x' }, { upstream: 'y', model: 'tiny' }] },
        { name: 'lar*', targets: [{ upstream: 'x', model: 'big-*' }] },
        { name: '*', targets: [{ upstream: 'y' }] }
      ],
      aliases: { fast: ['small', 'large'] },
      upstreams: ['acme']
    })
    t.equal(shown(routes, 'small'), 'name small > x:small y:tiny')
    t.equal(shown(routes, 'large'), 'wildcard lar* > x:big-ge')
    t.equal(shown(routes, 'pages'), 'catalogue pages > acme:pages')
    t.equal(shown(routes, 'pages-2026-01-01'), 'catalogue pages > acme:pages-2026-01-01', 'a dated one keeps its day')
    t.equal(shown(routes, 'fast'), 'alias fast > x:small y:tiny | x:big-ge')
    t.equal(shown(routes, 'whatever'), 'wildcard * > y:whatever')
    t.strictSame([...routes.names()].sort(), ['fast', 'large', 'pages', 'small'])
  }
)

t.test('sends no name on that could be more than a name', async t => {
  const routes = routesOf({
    models: [
      { name: 'x/*', targets: [{ upstream: 'x', model: '*' }] },
      { name: '*', targets: [{ upstream: 'y' }] }
    ]
  })
  for (const name of ['a b', 'a\r\nb', '\ud800', 'é', '.', '..', ''])
    t.equal(routes.find(name), undefined, JSON.stringify(name))
  t.equal(shown(routes, 'x/..'), 'wildcard * > y:x/..', 'whole it is a name')
  t.equal(shown(routes, 'x/'), 'wildcard * > y:x/')
})

t.test('refuses what contradicts itself or leads nowhere', async t => {
  const targets = [{ upstream: 'x' }]
  t.throws(
    () =>
      routesOf({
        models: [
          { name: 'a', targets },
          { name: 'a', targets }
        ]
      }),
    /twice/
  )
  t.throws(() => routesOf({ models: [{ name: 'a', targets: [{ upstream: 'x', model: 'b*' }] }] }), /stands for nothing/)
  t.throws(() => routesOf({ upstreams: ['x'] }), /names no `provider`/)
  t.throws(() => routesOf({ upstreams: ['acme'], aliases: { fast: ['smal'] } }), /Did you mean "small"/)
  t.throws(() => routesOf({ upstreams: ['acme'], aliases: { fast: ['small'], faster: ['fast'] } }), /leads nowhere/)
  t.throws(() => routesOf({ models: [{ name: 'a', targets }], aliases: { a: ['a'] } }), /a model and an alias/)
  t.throws(() => routesOf({ models: [{ name: 'a', targets }], aliases: { b: [] } }), /stands for nothing/)
  t.throws(() => routesOf({ default: 'nobody' }), /`default`/)
  t.doesNotThrow(() => routesOf({ upstreams: ['acme'], aliases: { fast: ['small'] }, default: 'fast' }))
})
