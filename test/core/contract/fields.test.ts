import t from 'tap'
import { Instant, KnownName, NAME_LISTS, Pseudonym, SealedText, Sha256, Uuid } from '../../../core/contract/fields.ts'
import { readField } from '../../../core/records/fields.ts'

t.test('makes fields that can be kept, with their description', async t => {
  const description = 'What it is.'
  for (const field of [
    ...NAME_LISTS.map(list => KnownName(list, { description })),
    Pseudonym({ description }),
    Uuid({ description }),
    Sha256({ description }),
    Instant({ description }),
    SealedText({ description, maxLength: 20 })
  ]) {
    t.type(readField('some', field), 'object')
    t.equal(field.description, description)
  }
})
