/** The shape of the `records:` block: where rows are kept, what they are sealed with, and for how long. */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { ByteSize, Duration, Secret } from '../contract/units.ts'
import { closed, closedBlock } from './schema-parts.ts'

const life = (value: string, what: string) => Duration({ default: value, description: `Longest life of ${what}.` })

const Keep = Type.Object(
  {
    access: life('30d', 'what tells of single requests'),
    usage: life('30d', 'what tells of single uses, such as the tokens of one request'),
    billing: life('400d', 'what money is reckoned by'),
    audit: life('400d', 'what was changed and looked at, and by whom'),
    account: life('400d', 'what is known of accounts'),
    consent: life('1100d', 'what was agreed to')
  },
  {
    ...closedBlock,
    description:
      'How long rows live, by class: 2d to 3660d. A day’s rows go together, as soon as the first of them has lived so long.'
  }
)

const Stream = Type.Object(
  {
    collect: Type.Boolean({
      default: false,
      description: 'Takes rows out of the stream and keeps them. Without it, rows of this gateway go into the stream.'
    })
  },
  {
    ...closed,
    description:
      'Rows go through a stream in `stores.redis` to the gateways that collect them. They need the same master key.'
  }
)

/** Rows that plugins keep. */
export const RecordsBlock = Type.Object(
  {
    directory: Type.String({
      minLength: 1,
      default: './records',
      description:
        'Folder that rows are kept in, from the folder of this file. Gateways that do not belong together need one each.'
    }),
    masterKey: Type.Optional(
      Secret({
        description:
          'Key that all other keys are sealed with: 32 bytes in base64 or hexadecimal digits, as `openssl rand -base64 32` makes them. Needed as soon as a plugin keeps rows. Without it, rows are lost.'
      })
    ),
    oldMasterKeys: Type.Array(Secret(), {
      default: [],
      description: 'Master keys of before. What they have sealed is sealed anew at the start.'
    }),
    queue: ByteSize({
      default: '64MiB',
      description:
        'Memory for rows that wait for the disk. Rows that do not fit any more are lost, and counted in `tacit_records_lost`.'
    }),
    stream: Type.Optional(Stream),
    keep: Keep
  },
  { ...closedBlock, description: 'Rows that plugins keep: metadata only, sealed, each day in a file of its own.' }
)

/** The block, decoded. */
export type RecordsConfiguration = StaticDecode<typeof RecordsBlock>
