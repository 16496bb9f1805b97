import { createServer } from 'node:http'
import t from 'tap'
import { plainLinks } from '../../../core/pipeline/early-hints.ts'

const PLAIN: readonly (readonly [field: string | readonly string[], links: readonly string[]])[] = [
  ['</a>', ['</a>']],
  ['</a>; rel=preload', ['</a>; rel=preload']],
  ['</a>;rel="preload";as=style', ['</a>;rel="preload";as=style']],
  ['</a>; rel=preload; crossorigin', ['</a>; rel=preload; crossorigin']],
  ['</a>; rel=preload, </b,c>; rel="x,y"', ['</a>; rel=preload', '</b,c>; rel="x,y"']],
  [
    ['</a>; rel=preload', '</b>'],
    ['</a>; rel=preload', '</b>']
  ],
  [`</a>${';a="b=c"'.repeat(900)}`, [`</a>${';a="b=c"'.repeat(900)}`]],
  ['  </a> ; rel= , <https://example.com/?a=b;c>', ['</a> ; rel=', '<https://example.com/?a=b;c>']]
]

t.test('takes links apart', async t => {
  for (const [field, links] of PLAIN) t.strictSame(plainLinks(field), links, String(field))
})

t.test('leaves out what Node would not send', async t => {
  for (const field of [
    '',
    ' ',
    'nothing',
    '</a',
    '</a b>',
    '</a>;',
    '</a>; =b',
    '</a>; rel="',
    '</a>; title="a b"',
    '</a>; rel=a=b',
    '</a> </b>',
    '</a>x',
    '</a>; rel=\xe9',
    '</a>, ;',
    `<${'a'.repeat(9_000)}>`
  ]) {
    t.equal(plainLinks(field), undefined, field.slice(0, 40))
  }
})

t.test('Node sends every link that is taken for plain', async t => {
  const server = createServer((_request, response) => {
    for (const [field] of PLAIN) response.writeEarlyHints({ link: plainLinks(field) ?? [] })
    response.end('ok')
  })
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('no address')
  t.equal(await (await fetch(`http://127.0.0.1:${address.port}/`)).text(), 'ok')
})
