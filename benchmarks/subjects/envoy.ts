/** Envoy's configuration as a reverse proxy of one upstream. Pure. */

const BREAKER = '{ max_connections: 16384, max_pending_requests: 16384, max_requests: 16384 }'

/**
 * A listener, a route, a cluster. Its documents advise to lift the breakers' defaults of 1,024 under load; the route's
 * default of 15 s would end streams.
 */
export function envoyYaml(port: number, upstreamPort: number): string {
  return `
static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: clients
                generate_request_id: false
                stream_idle_timeout: 0s
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{ match: { prefix: "/" }, route: { cluster: behind, timeout: 0s } }]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: behind
      type: STATIC
      connect_timeout: 5s
      circuit_breakers: { thresholds: [${BREAKER}] }
      load_assignment:
        cluster_name: behind
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstreamPort} } } }
`
}
