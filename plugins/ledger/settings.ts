/** What can be set for the ledger: what happens while no rows can be kept, and how statements are signed. Schemas only. */
import { Secret, TimeZone, Type } from 'tacit-gateway/plugin'

/** The `config:` block. */
export const Settings = Type.Object({
  onStoreFailure: Type.Unsafe<'deny' | 'allow'>(
    Type.String({
      enum: ['deny', 'allow'],
      default: 'allow',
      description:
        'While the disk takes no rows and half of `records.queue` is in use: refuse with 503, or serve what may leave no row.'
    })
  ),
  statements: Type.Optional(
    Type.Object(
      {
        key: Secret({ description: 'What statements are signed with, as `tacit receipt key` makes it.' }),
        issuer: Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'Who issues them, as consumers shall read it.'
        }),
        timeZone: TimeZone({ default: 'UTC', description: 'Whose months are meant.' })
      },
      { description: 'Signed monthly statements. Without it there are none.' }
    )
  )
})
