import t from 'tap'
import { CORE_EVENTS } from '../../../core/log/core-events.ts'
import { compileEvent } from '../../../core/log/event.ts'

t.test('every event of core can be logged', async t => {
  for (const [name, schema] of Object.entries(CORE_EVENTS)) {
    t.equal(compileEvent(name, schema).name, name)
  }
})

t.test('failures are warnings or errors, all else is information', async t => {
  const grave = Object.entries(CORE_EVENTS)
    .filter(([name, schema]) => compileEvent(name, schema).level !== 'info')
    .map(([name]) => name)
  const failures = Object.keys(CORE_EVENTS).filter(name =>
    /_(failed|refused|dropped|needed|problem|unreleased)$/.test(name)
  )
  t.strictSame(grave, failures)
})

t.test('a plugin instance may be a name, a file or a package', async t => {
  const event = compileEvent('plugin_failed', CORE_EVENTS.plugin_failed)
  for (const instance of ['rate-limit', 'rate-limit#2', './plugins/mine.ts', 'npm:@acme/tacit-plugin']) {
    t.equal(
      event.render({ instance, phase: 'requestFilter', code: 'TypeError' }),
      `"event":"plugin_failed","instance":"${instance}","phase":"requestFilter","code":"TypeError"`
    )
  }
})
