import t from 'tap'
import { pluginFiles } from '../../../core/cli/plugin-template.ts'

t.test('names everything after the plugin', async t => {
  const files = pluginFiles('model-allow-2')
  t.strictSame(Object.keys(files), ['index.ts', 'index.test.ts'])
  t.match(files['index.ts'], "name: 'model-allow-2'")
  t.match(files['index.ts'], 'no_model_allow_2_header: {')
  t.match(files['index.test.ts'], "import modelAllow2 from './index.ts'")
})
