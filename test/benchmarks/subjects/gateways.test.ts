import t from 'tap'
import { parse } from 'yaml'
import { envoyYaml } from '../../../benchmarks/subjects/envoy.ts'
import { envoy, fastGateway, litellm, portkey } from '../../../benchmarks/subjects/gateways.ts'

t.test('Envoy passes everything from its port to the upstream, without a limit on time or connections', async t => {
  const { listeners, clusters } = parse(envoyYaml(8080, 9000)).static_resources
  t.equal(listeners[0].address.socket_address.port_value, 8080)
  const manager = listeners[0].filter_chains[0].filters[0].typed_config
  t.strictSame(manager.route_config.virtual_hosts[0].routes, [
    { match: { prefix: '/' }, route: { cluster: clusters[0].name, timeout: '0s' } }
  ])
  const endpoint = clusters[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint
  t.equal(endpoint.address.socket_address.port_value, 9000)
  t.equal(clusters[0].circuit_breakers.thresholds[0].max_connections, 16384)
})

t.test('every gateway is given its ports and one worker', async t => {
  const folder = t.testdir()
  const words = (of: typeof envoy) => of.command(folder, 8080, 9000).join(' ')
  t.match(words(envoy), /envoy -c .*envoy-8080\.yaml --concurrency 1/)
  t.match(words(litellm), /--port 8080 --num_workers 1$/)
  t.match(words(portkey), /--port=8080 --headless$/)
  t.match(words(fastGateway), /fast-gateway\.ts 8080 9000 .*fast-gateway-3\.4\.7.*index\.js$/)
})

t.test('clients tell Portkey where to go', async t => {
  t.equal(portkey.headers?.(9000)['x-portkey-custom-host'], 'http://127.0.0.1:9000/v1')
})
