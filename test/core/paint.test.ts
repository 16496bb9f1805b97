import t from 'tap'
import { COLOURS, PLAIN, paintFor } from '../../core/paint.ts'

t.test('colours a terminal only, and only where nobody says otherwise', async t => {
  t.equal(paintFor(true, {}), COLOURS)
  t.equal(paintFor(true, { NO_COLOR: '', TERM: 'xterm' }), COLOURS)
  t.equal(paintFor(false, {}), PLAIN)
  t.equal(paintFor(true, { NO_COLOR: '1' }), PLAIN)
  t.equal(paintFor(true, { TERM: 'dumb' }), PLAIN)
})

t.test('ends each colour where it began, and leaves plain text and nothing alone', async t => {
  t.equal(COLOURS.red('x'), '\x1b[31mx\x1b[39m')
  t.equal(COLOURS.bold(''), '')
  t.equal(PLAIN.red('x'), 'x')
})
