import * as tacit from 'tacit-gateway'
import * as dialects from 'tacit-gateway/dialects'
import * as plugin from 'tacit-gateway/plugin'
import * as testing from 'tacit-gateway/testing'
import t from 'tap'

t.test('exports what programs, plugins and their tests need', async t => {
  t.strictSame(Object.keys(tacit).sort(), [
    'ConfigurationError',
    'GatewayError',
    'VERSION',
    'mountGateway',
    'readConfiguration',
    'renderReport',
    'startGateway'
  ])
  t.hasProps(plugin, ['definePlugin', 'Type', 'Duration', 'ByteSize', 'Secret', 'privateKey', 'sharedKey', 'CONSUMER'])
  t.hasProps(dialects, ['factsOf', 'recogniseDialect'])
  t.hasProps(testing, ['drive', 'contract'])
})
