/**
 * The shape of the catalogue's data: providers, models, prices and wildcards, as they stand in the files of
 * `config/providers/` and `config/prices/`, in files of the operator's own, and in `catalogue:`.
 */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { closed, closedBlock, Id, OneOrMany, Word } from '../configuration/schema-parts.ts'
import { MoneyAmount } from '../contract/units.ts'
import { DIALECTS } from '../dialects/facts.ts'
import { Day } from './day.ts'
import { Percent } from './percent.ts'

const Source = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'The page that states it, or the name of a contract.'
    }),
    date: Day('When it was read.'),
    via: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Where it was read, if not at that page itself.' })
    )
  },
  { ...closed, description: 'Where the figures come from: `url` and `date`.' }
)

/** Names of models hold slashes, colons and dots, and are compared letter by letter. */
const ModelName = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9@][A-Za-z0-9._:/@+-]{0,199}$', unit: 'modelName', description })

const modelProperties = {
  id: ModelName('The provider’s own name for it.'),
  aliases: OneOrMany(ModelName('Another name.'), { default: [], description: 'Other names for the same.' }),
  contextTokens: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Most tokens of input and output together. Not known, if not given.' })
  ),
  maxOutputTokens: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Most tokens of one answer. Not known, if not given.' })
  ),
  source: Source
}

const Terms = Type.Object(
  {
    retentionDays: Type.Optional(
      Type.Integer({ minimum: 0, description: 'How many days content is kept; 0 for not at all.' })
    ),
    zeroRetention: Type.Optional(
      Word(['always', 'on_request', 'never'], { description: 'Whether it can be told to keep nothing.' })
    ),
    training: Type.Optional(
      Word(['never', 'opt_in', 'opt_out', 'always'], { description: 'Whether it trains on what is sent to it.' })
    ),
    source: Source
  },
  { ...closed, description: 'What the provider says it does with content, where nothing else was agreed.' }
)

const Provider = Type.Object(
  {
    id: Id('Name of the provider.'),
    name: Type.String({ minLength: 1, maxLength: 80, description: 'As it calls itself.' }),
    baseUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s?#@]+$',
        unit: 'apiAddress',
        description: 'Scheme, host and perhaps a path, in front of every path. None, where each customer has another.'
      })
    ),
    credential: Type.Optional(
      Type.Object(
        {
          header: Type.String({
            pattern: '^[a-z0-9-]+$',
            unit: 'headerName',
            description: 'Header that carries it, in small letters.'
          }),
          scheme: Type.Optional(Type.String({ minLength: 1, description: 'Word before it, such as `Bearer`.' }))
        },
        { ...closed, description: 'How a request says who pays.' }
      )
    ),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Headers that every request must carry.'
    }),
    paths: Type.Array(
      Type.Object(
        {
          dialect: Word(DIALECTS, { description: 'What its bodies are written in.' }),
          path: Type.String({
            pattern: '^/',
            unit: 'path',
            description: 'Path behind `baseUrl`. `{model}` stands for the name of the model.'
          })
        },
        closed
      ),
      { default: [], description: 'The paths of its API that have a known dialect.' }
    ),
    regions: Type.Array(
      Type.Object(
        {
          id: Id('Name of the region.'),
          baseUrl: Type.Optional(
            Type.String({
              pattern: '^https?://[^\\s?#@]+$',
              unit: 'apiAddress',
              description: 'Its own address, if it has one.'
            })
          )
        },
        closed
      ),
      { default: [], description: 'Where content can be made to stay.' }
    ),
    terms: Type.Optional(Terms),
    models: Type.Array(Type.Object(modelProperties, closed), { default: [], description: 'Its models.' }),
    source: Source
  },
  closed
)

const OwnModel = Type.Object(
  { provider: Type.String({ description: 'Whose model it is.' }), ...modelProperties },
  closed
)

const million = (what: string) => Type.Optional(MoneyAmount({ description: `For a million ${what}.` }))

const Rates = Type.Object(
  {
    input: million('tokens of input'),
    cacheRead: million('tokens of input that the provider had in its cache'),
    cacheWriteShort: million('tokens that the provider puts into its cache for minutes'),
    cacheWriteLong: million('tokens that the provider puts into its cache for an hour or longer'),
    output: million('tokens of output'),
    reasoning: million('tokens of reasoning, where they do not cost what output costs'),
    audioInput: million('tokens of sound in the input'),
    audioOutput: million('tokens of sound in the output'),
    call: Type.Optional(MoneyAmount({ description: 'For each call.' })),
    units: Type.Record(Type.String(), MoneyAmount(), {
      default: {},
      description: 'For each piece of what is billed by the piece: `images`, `searches`, `seconds`.'
    })
  },
  { ...closed, description: 'What each kind costs. A kind that is not given has no known price.' }
)

const Above = Type.Array(
  Type.Object(
    {
      inputTokens: Type.Integer({
        minimum: 1,
        description: 'Calls with more input than this cost these rates, whole.'
      }),
      rates: Rates
    },
    closed
  ),
  { default: [], description: 'Other rates for calls with much input. Each is complete in itself.' }
)

const Price = Type.Object(
  {
    provider: Type.String({ description: 'Whose price it is.' }),
    model: Type.String({ description: 'Id of the model.' }),
    version: Id('A word of your own for these figures, such as a day. A digest of the figures is put behind it.'),
    from: Day('First day on which it holds, in UTC.'),
    to: Type.Optional(Day('First day on which it does not hold any more. Holds on, if not given.')),
    rates: Rates,
    above: Above,
    tiers: Type.Array(
      Type.Object(
        {
          tier: Id('Such as `batch` or `priority`.'),
          share: Type.Optional(
            Percent('What it costs of the standard rates for tokens, such as 50%. Calls and pieces cost the same.')
          ),
          rates: Type.Optional(Rates),
          above: Above
        },
        closed
      ),
      { default: [], description: 'What else can be paid for, and what it costs: a `share`, or `rates` of its own.' }
    ),
    source: Source
  },
  closed
)

const Wildcard = Type.Object(
  {
    provider: Type.String({ description: 'Whose models are meant.' }),
    pattern: Type.String({
      pattern: '^[A-Za-z0-9@][A-Za-z0-9._:/@+-]*\\*$',
      unit: 'modelNames',
      description: 'Names that begin so, such as `ft:gpt-4.1-*`. The longest that fits counts.'
    }),
    model: Type.String({ description: 'Id of the model that they are taken for, prices included.' })
  },
  closed
)

const data = {
  providers: Type.Array(Provider, {
    default: [],
    description: 'Providers. One with the id of a known one takes its place, models included.'
  }),
  models: Type.Array(OwnModel, {
    default: [],
    description: 'Models of providers that are known. One with the id of a known one takes its place.'
  }),
  prices: Type.Array(Price, {
    default: [],
    description: 'Prices. They take the place of all that is known of the model’s price.'
  }),
  wildcards: Type.Array(Wildcard, {
    default: [],
    description: 'Names that are taken for a known model. Without one, a name that is not known stays unknown.'
  })
}

/** A file of data. */
export const CatalogueFile = Type.Object(
  { version: Type.Literal(1, { description: 'Version of this format.' }), ...data },
  { ...closed, title: 'Tacit catalogue' }
)

/** `catalogue:` in the gateway's file. */
export const CatalogueBlock = Type.Object(
  {
    builtIn: Type.Boolean({
      default: true,
      description: 'Whether the providers, models and prices that come along count.'
    }),
    files: OneOrMany(Type.String({ description: 'Path from the folder of the gateway’s file.' }), {
      default: [],
      description: 'Files with more of what follows, in the form of `config/providers/` and `config/prices/`.'
    }),
    ...data
  },
  { ...closedBlock, description: 'Providers, models and prices, besides those that come along or in their place.' }
)

/** One file of data, decoded. */
export type CatalogueData = Pick<StaticDecode<typeof CatalogueFile>, 'providers' | 'models' | 'prices' | 'wildcards'>
/** One provider, decoded. */
export type ProviderData = StaticDecode<typeof Provider>
/** One model, decoded, without its provider. */
export type ModelData = ProviderData['models'][number]
/** One price, decoded. */
export type PriceData = StaticDecode<typeof Price>
/** Rates, decoded: amounts for a million tokens, or for one piece. */
export type RatesData = StaticDecode<typeof Rates>
/** Where figures come from, decoded. */
export type SourceData = StaticDecode<typeof Source>
