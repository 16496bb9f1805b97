import t from 'tap'
import * as contract from '../../core/plugin.ts'

const { definePlugin, PLUGIN_BRAND, Type } = contract

t.test('definePlugin marks a definition and leaves it as it is otherwise', async t => {
  const definition = {
    contract: 1,
    name: 'nothing',
    summary: 'Does nothing.',
    config: Type.Object({}),
    data: { reads: [] },
    setup: () => ({})
  } as const
  const plugin: object = definePlugin(definition)
  t.equal(Reflect.get(plugin, PLUGIN_BRAND), true)
  t.ok(Object.isFrozen(plugin))
  t.strictSame({ ...plugin }, { ...definition, [PLUGIN_BRAND]: true })
  t.notOk(PLUGIN_BRAND in definition, 'the definition itself is not touched')
})

t.test('the brand is the same for every copy of the package', async t => {
  t.equal(PLUGIN_BRAND, Symbol.for('tacit.plugin'))
})

t.test('the door of the plugins opens on the contract and on nothing else of core', async t => {
  t.strictSame(Object.keys(contract).sort(), [
    'AddressSet',
    'Addresses',
    'ByteSize',
    'CALENDAR_UNITS',
    'CONSUMER',
    'COST',
    'CREDENTIAL',
    'Calendar',
    'Digest',
    'Duration',
    'END_REASONS',
    'ESTIMATE_FIELDS',
    'GOOD_FOR_REASONS',
    'Instant',
    'KnownName',
    'MODEL',
    'MODELS_CHECKED',
    'Moment',
    'MoneyAmount',
    'NAME_LISTS',
    'NO_CURRENCY',
    'NextOn',
    'PLUGIN_BRAND',
    'PluginUses',
    'Pseudonym',
    'SERVED_MODEL',
    'SealedText',
    'Secret',
    'SecretText',
    'Sha256',
    'Share',
    'TOKEN_USAGE',
    'TimeZone',
    'Type',
    'Uuid',
    'defineCommand',
    'definePlugin',
    'drawByWeight',
    'holdsModel',
    'isTimeZone',
    'lacksModelCheck',
    'nearestOf',
    'notGoodFor',
    'parseAddressRange',
    'parseDurationMs',
    'parseMoment',
    'parseMoney',
    'parseShare',
    'parseSizeBytes',
    'plainAddress',
    'privateKey',
    'sharedKey'
  ])
})
