/** The programs that the gateway is held against. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificate } from '../harness/certificate.ts'
import { findProgram, type Machine } from '../harness/machine.ts'
import { CLIENT_KEY } from '../load/chat-request.ts'
import type { Subject } from './subject.ts'

function nodePeer(name: string, file: string, words: readonly string[] = []): Subject {
  const path = fileURLToPath(new URL(`../peers/${file}`, import.meta.url))
  return {
    name,
    missing: undefined,
    command: (_, port, upstreamPort) => [process.execPath, path, `${port}`, `${upstreamPort}`, ...words]
  }
}

/** `node:http` and undici, and nothing else. */
export const bareNode: Subject = nodePeer('node:http + undici', 'bare-node.ts')

/** The same for clients that come over TLS. */
export function bareNodeOver({ cert, key }: Certificate): Subject {
  return { ...nodePeer(bareNode.name, 'bare-node.ts', [cert, key]), isTls: true }
}

/** `@fastify/http-proxy` without plugins. */
export const httpProxy: Subject = nodePeer('@fastify/http-proxy', 'http-proxy.ts')

/** nginx with one worker, which passes answers on as they come. */
export function nginx(machine: Machine): Subject {
  return nginxWith(machine, 'nginx', { http: '', listen: '', location: '' })
}

/** The same for clients that come over TLS. */
export function nginxOver(machine: Machine, { cert, key }: Certificate): Subject {
  const http = `\n  ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.3;`
  return { ...nginxWith(machine, 'nginx', { http, listen: ' ssl', location: '' }), isTls: true }
}

/** The same, which knows clients by a map of their keys and counts the requests of each (limit_req). */
export function nginxLimiting(machine: Machine): Subject {
  return nginxWith(machine, 'nginx: key map, limit_req', {
    http: `
  map $http_authorization $consumer { default ""; "Bearer ${CLIENT_KEY}" benchmark; }
  limit_req_zone $consumer zone=consumers:1m rate=1000000r/s;`,
    listen: '',
    location: `
      if ($consumer = "") { return 401; }
      limit_req zone=consumers burst=1000000 nodelay;`
  })
}

/** haproxy with one thread, as its documentation sets up a reverse proxy that keeps connections. */
export function haproxy(): Subject {
  const program = findProgram('haproxy')
  return {
    name: 'haproxy',
    missing: program === undefined ? 'haproxy is not installed' : undefined,
    command: (folder, port, upstreamPort) => {
      const file = join(folder, `haproxy-${port}.cfg`)
      writeFileSync(file, haproxyProxy(port, upstreamPort))
      return [program ?? 'haproxy', '-db', '-f', file]
    }
  }
}

function haproxyProxy(port: number, upstreamPort: number): string {
  return `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend behind
backend behind
  server only 127.0.0.1:${upstreamPort}
`
}

/** What a variant of nginx adds in three places of its configuration. */
interface NginxVariant {
  readonly http: string
  readonly listen: string
  readonly location: string
}

function nginxWith(machine: Machine, name: string, variant: NginxVariant): Subject {
  return {
    name,
    missing: machine.nginx === undefined ? 'nginx is not installed' : undefined,
    command: (folder, port, upstreamPort) => {
      const file = join(folder, `nginx-${port}.conf`)
      writeFileSync(file, nginxProxy(folder, port, upstreamPort, variant))
      return [machine.nginx ?? 'nginx', '-e', 'stderr', '-c', file]
    }
  }
}

function nginxProxy(
  folder: string,
  port: number,
  upstreamPort: number,
  { http, listen, location }: NginxVariant
): string {
  return `
worker_processes 1; worker_rlimit_nofile 20000; daemon off; pid ${folder}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  keepalive_requests 1000000000; keepalive_timeout 600s;${http}
  upstream behind {
    server 127.0.0.1:${upstreamPort};
    keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s;
  }
  server {
    listen 127.0.0.1:${port}${listen} backlog=4096;
    location / {${location}
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_buffering off;
    }
  }
}
`
}
