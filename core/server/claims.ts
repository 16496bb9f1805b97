/**
 * Names of fields in which somebody in front claims what only a server may say:
 * where a request came from, who was recognised, which path or method is really
 * meant, where it should be sent. Data only.
 */

/**
 * `never`: nobody is believed, since the path, the method and the upstream that were judged are those that are
 * used. `proxies`: trusted proxies are, others are not.
 */
export type Believed = 'never' | 'proxies'

const NEVER = [
  // Another path or method than the one in the request line.
  'x-original-url x-original-uri x-original-path x-original-method x-rewrite-url x-rewrite-uri x-override-url',
  'x-http-method-override x-http-method x-method-override x-http-path-override x-http-destinationurl',
  'x-original-host x-host x-http-host-override x-accel-redirect x-sendfile',
  // Another server to go to: a gateway behind this one would send it the credentials that were added here.
  'base-url x-base-url api-base x-api-base x-api-base-url x-target-url x-target-host x-upstream-url x-upstream-host',
  'x-forward-to x-proxy-url x-proxy-host x-destination-url x-dest-url x-custom-host',
  'x-portkey-custom-host x-litellm-api-base helicone-target-url helicone-openai-api-base',
  // Programs started by a server read this one as the proxy they are to use.
  'proxy'
]

const PROXIES = [
  // Where the request came from. `x-forwarded-*` is a family.
  'forwarded x-forwarded forwarded-for x-original-forwarded-for x-real-ip x-client-ip client-ip x-cluster-client-ip',
  'true-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 cf-ipcountry cf-visitor fastly-client-ip',
  'fly-client-ip do-connecting-ip x-azure-clientip x-azure-socketip x-appengine-user-ip x-envoy-external-address',
  'x-nf-client-connection-ip x-custom-ip-authorization x-originating-ip remote-addr x-proxyuser-ip wl-proxy-client-ip proxy-client-ip',
  'x-scheme x-url-scheme front-end-https x-arr-ssl cloudfront-forwarded-proto cloudfront-viewer-address',
  'x-vercel-forwarded-for x-vercel-proxied-for x-coming-from',
  // Who was recognised.
  'remote-user x-user-id x-user-name x-user-email x-user-role x-user-roles x-role x-roles x-tenant-id',
  'x-admin x-is-admin x-internal x-internal-request x-anonymous-consumer x-credential-identifier x-userinfo',
  'x-jwt-payload x-jwt-claims x-ssl-cert x-client-cert x-client-verify x-client-dn x-client-certificate client-cert',
  'client-cert-chain ssl-client-cert ssl-client-verify ssl-client-s-dn x-arr-clientcert x-amzn-mtls-clientcert',
  'x-amzn-oidc-identity x-amzn-oidc-data x-amzn-oidc-accesstoken x-goog-authenticated-user-email',
  'x-goog-authenticated-user-id x-goog-iap-jwt-assertion cf-access-authenticated-user-email cf-access-jwt-assertion',
  'x-ms-client-principal x-ms-client-principal-id x-ms-client-principal-name'
]

function names(lines: readonly string[], believed: Believed): (readonly [name: string, believed: Believed])[] {
  return lines.flatMap(line => line.split(' ')).map(name => [name, believed])
}

/** Claims by the lower-case name of their field. */
export const CLAIMS: ReadonlyMap<string, Believed> = new Map([...names(NEVER, 'never'), ...names(PROXIES, 'proxies')])

const FAMILIES: readonly (readonly [beginning: string, believed: Believed])[] = [
  ['x-tacit-', 'never'],
  ['x-forwarded-', 'proxies'],
  ['x-gateway-', 'proxies'],
  ['x-consumer-', 'proxies'],
  ['x-authenticated-', 'proxies'],
  ['x-auth-request-', 'proxies'],
  ['x-remote-', 'proxies'],
  ['x-ssl-client-', 'proxies']
]

/** Who is believed by the beginning of a name in lower case; undefined when it belongs to no family of claims. */
export function familyClaim(name: string): Believed | undefined {
  if (name.charCodeAt(0) !== 0x78 || name.charCodeAt(1) !== 0x2d) return undefined
  for (const [beginning, believed] of FAMILIES) if (name.startsWith(beginning)) return believed
  return undefined
}
