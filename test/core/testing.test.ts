import * as testing from 'tacit-gateway/testing'
import t from 'tap'

t.test('hands out what authors of plugins test them with, and nothing else', async t => {
  t.strictSame(Object.keys(testing).sort(), ['ManualClock', 'contract', 'drive', 'seededRandom', 'testCatalogue'])
})
