import t from 'tap'
import { hints } from '../../../examples/demo-upstream/hints.ts'

t.test('names every place, and nothing that is not there', async t => {
  const text = hints({ url: 'http://a:1', adminUrl: 'http://b:2', file: 'config/x.yaml' })
  t.match(text, 'Tacit runs at http://a:1 on config/x.yaml')
  t.match(text, 'curl http://a:1/v1/chat/completions')
  t.match(text, "baseURL: 'http://a:1/v1', apiKey: 'tacit-demo-key'")
  t.match(text, "baseURL: 'http://a:1', apiKey: 'tacit-demo-key'")
  t.match(text, 'http://b:2/health/ready')
  t.notMatch(text, 'undefined')
})
