import t from 'tap'
import { publishedManifest, withBuiltImports } from '../../packaging/manifest.ts'

t.test('doors lead to what was built, with the types first', async t => {
  const published = publishedManifest({
    name: 'some-package',
    bin: { tacit: './core/cli/tacit.js' },
    exports: { '.': './core/index.ts', './package.json': './package.json' },
    dependencies: { a: '1.0.0' },
    scripts: { test: 'x' },
    devDependencies: { b: '1.0.0' },
    allowScripts: { b: true }
  })
  t.strictSame(published, {
    name: 'some-package',
    bin: { tacit: './dist/core/cli/tacit.js' },
    exports: {
      '.': { types: './dist/core/index.d.ts', default: './dist/core/index.js' },
      './package.json': './package.json'
    },
    dependencies: { a: '1.0.0' }
  })
  t.strictSame(Object.keys(Object(published.exports)['.']), ['types', 'default'])
})

t.test('declarations import what stands beside them', async t => {
  t.equal(
    withBuiltImports(
      "import type { A } from './a.ts';\nexport * from \"../b/c.ts\";\nlet x: import('./d.ts').D;\nimport 'tacit-gateway/x.ts';\n"
    ),
    "import type { A } from './a.js';\nexport * from \"../b/c.js\";\nlet x: import('./d.js').D;\nimport 'tacit-gateway/x.ts';\n"
  )
})
