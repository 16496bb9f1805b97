import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { presentedBasic } from '../../../plugins/basic-auth/presented.ts'

const present = (...values: string[]) =>
  presentedBasic(new HeaderList(values.flatMap(value => ['authorization', value])), 'authorization')
const basic = (pair: string | Uint8Array) => `Basic ${Buffer.from(pair).toString('base64')}`

t.test('reads a name and a password', t => {
  t.strictSame(present(basic('ada:pass:word')), { pair: 'ada:pass:word' })
  t.strictSame(present(basic('ada:pässwörd').replace('Basic', 'BASIC')), { pair: 'ada:pässwörd' })
  t.strictSame(present(basic(':')), { pair: ':' })
  t.end()
})

t.test('takes nothing else for one', t => {
  t.equal(present(), 'missing')
  t.equal(present('Bearer abc'), 'missing')
  t.equal(present('Basic'), 'missing')
  t.equal(present(basic('a:b'), basic('a:b')), 'ambiguous')
  const broken = ['Basic YTpi=', 'Basic YT pi', 'Basic !', 'Basic YTpj-', 'Basic YTpiY']
  const pairs = [basic('no colon'), basic('a:b\n'), basic('a:\0'), basic(new Uint8Array([0xff, 0x3a]))]
  for (const value of [...broken, ...pairs, basic(`a:${'b'.repeat(512)}`)]) {
    t.equal(present(value), 'malformed', value.slice(0, 30))
  }
  t.end()
})
