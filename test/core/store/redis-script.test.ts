import t from 'tap'
import { RedisScript } from '../../../core/store/redis-script.ts'

t.test('is called what Redis calls it', async t => {
  t.equal(new RedisScript('return 1').sha1, 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db')
})
