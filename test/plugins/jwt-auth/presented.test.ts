import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { presentedToken } from '../../../plugins/jwt-auth/presented.ts'

const present = (...flat: string[]) => presentedToken(new HeaderList(flat), 'authorization')

t.test('finds the token after its scheme', t => {
  t.strictSame(present('authorization', 'Bearer a.b.c'), { token: 'a.b.c' })
  t.strictSame(present('authorization', 'bearer  a.b.c '), { token: 'a.b.c' })
  t.strictSame(present('authorization', 'Bearer a.b.c.d.e'), { token: 'a.b.c.d.e' })
  t.strictSame(present('authorization', 'Bearer ..'), { token: '..' })
  t.end()
})

t.test('takes for missing what is for somebody else', t => {
  for (const value of [
    '',
    'Bearer',
    'Bearer tacit_abc',
    'Basic a.b.c',
    'Bearera.b.c',
    'Bearer a.b',
    'Bearer a.b.c d'
  ]) {
    t.equal(present('authorization', value), 'missing', value)
  }
  t.equal(present(), 'missing')
  t.equal(present('authorization', 'Bearer a.b.c', 'authorization', 'Bearer a.b.c'), 'ambiguous')
  t.end()
})
