import t from 'tap'
import { cookieIn } from '../../../plugins/consistent-hash/cookies.ts'

t.test('reads one of several cookies, the first of its name', async t => {
  const header = 'a=1; session=x=y; b=; session=2'
  t.strictSame(
    ['a', 'session', 'b', 'c', ''].map(name => cookieIn(header, name)),
    ['1', 'x=y', '', undefined, undefined]
  )
  t.equal(cookieIn(undefined, 'a'), undefined)
  t.equal(cookieIn('a; =; ;', 'a'), undefined)
})
