import t from 'tap'
import { challengesOf } from '../../../plugins/key-auth/challenges.ts'

const said = (scheme: string) => Object.values(challengesOf(scheme)).map(({ headers }) => headers['www-authenticate'])

t.test('a bearer challenge says what was wrong, and nothing when no key was sent', async t => {
  t.strictSame(said('Bearer'), ['Bearer', 'Bearer error="invalid_token"', 'Bearer error="invalid_request"'])
})

t.test('another scheme is named by itself', async t => {
  t.strictSame(said('Token'), ['Token', 'Token', 'Token'])
})

t.test('a bare key is called Key', async t => {
  t.strictSame(said(''), ['Key', 'Key', 'Key'])
})
