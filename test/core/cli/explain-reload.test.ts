import t from 'tap'
import { explainReload } from '../../../core/cli/explain-reload.ts'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { ConfigurationError, type Problem } from '../../../core/configuration/report.ts'
import { PluginLoader } from '../../../core/loader.ts'

async function problems(): Promise<readonly Problem[]> {
  try {
    await loadConfiguration({ file: 'gateway.yaml', text: 'version: 2\n', environment: {} }, new PluginLoader())
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems.slice(0, 1)
  }
}

const applied = { applied: true, changes: [], needRestart: [], warnings: [], durationMs: 1 } as const
const change = { kind: 'added', subject: 'route', id: 'a', routes: ['a'], consumers: undefined, settings: [] } as const

t.test('says what was done', async t => {
  t.equal(explainReload(applied), 'Reloaded: nothing has changed.\n')
  t.equal(explainReload({ ...applied, changes: [change] }), 'Reloaded: 1 change.\n')
  t.equal(
    explainReload({ ...applied, changes: [change, change], needRestart: ['listen.port'] }),
    'Reloaded: 2 changes.\n`listen.port` has changed, but holds only after a restart.\n'
  )
})

t.test('shows what is wrong, and says that nothing was changed', async t => {
  const refused = {
    applied: false,
    code: 'TACIT_CONFIGURATION_INVALID',
    message: '',
    cure: undefined,
    durationMs: 1
  } as const
  t.match(
    explainReload({ ...refused, problems: await problems() }),
    /^gateway\.yaml:1:1 [\s\S]*1 problem\. The gateway goes on with the configuration that it has\.\n$/
  )
  t.equal(
    explainReload({ ...refused, code: 'TACIT_X', message: 'It fails.', cure: 'Mend it.', problems: [] }),
    'TACIT_X\n  It fails. Mend it.\nThe gateway goes on with the configuration that it has.\n'
  )
})
