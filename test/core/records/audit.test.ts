import t from 'tap'
import type { RecordPage } from '../../../core/contract/records.ts'
import { openAudit } from '../../../core/records/audit.ts'
import type { Row } from '../../../core/records/kind.ts'
import { JudgingSink } from '../../../core/records/row-sink.ts'
import { Vocabulary } from '../../../core/records/vocabulary.ts'
import { ManualClock } from '../../support/clock.ts'

/** Judges rows as records do, and keeps them for the test. */
class KeepingSink extends JudgingSink {
  readonly rows: Row[] = []
  override append(...given: Parameters<JudgingSink['append']>): void {
    super.append(...given)
    this.rows.push(given[1])
  }
  override async query(): Promise<RecordPage> {
    return { rows: [], cursor: undefined }
  }
}

function setUp() {
  const vocabulary = new Vocabulary()
  const sink = new KeepingSink(new ManualClock(), vocabulary)
  const failed: string[] = []
  return { sink, failed, audit: openAudit(sink, vocabulary, code => failed.push(code)) }
}

t.test('keeps who has done what, to whom', t => {
  const { sink, failed, audit } = setUp()
  audit('ops', 'createKey', 201, { consumer: 'team', credential: 'team/key-auth/1' })
  audit('ops', 'reload', 200, {})
  t.strictSame(sink.rows, [
    { actor: 'ops', operation: 'createKey', status: 201, consumer: 'team', credential: 'team/key-auth/1' },
    { actor: 'ops', operation: 'reload', status: 200 }
  ])
  t.strictSame(failed, [])
  t.end()
})

t.test('keeps no name that somebody only made up', t => {
  const { sink, audit } = setUp()
  audit('ops', 'createConsumer', 400, { consumer: 'a sentence of somebody' })
  audit('ops', 'createConsumer', 201, { consumer: 'team' })
  audit('ops', 'changeConsumer', 409, { consumer: 'team' })
  t.strictSame(
    sink.rows.map(({ consumer }) => consumer),
    [undefined, 'team', 'team']
  )
  t.end()
})

t.test('tells of a row that cannot be kept, and goes on', t => {
  const { failed, audit } = setUp()
  audit('ops', 'reload', 99, {})
  t.strictSame(failed, ['TACIT_ROW_REFUSED'])
  t.end()
})
