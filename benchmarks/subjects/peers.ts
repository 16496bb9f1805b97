/** The programs that the gateway is held against. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from '../harness/machine.ts'
import type { Subject } from './subject.ts'

function nodePeer(name: string, file: string): Subject {
  const path = fileURLToPath(new URL(`../peers/${file}`, import.meta.url))
  return {
    name,
    missing: undefined,
    command: (_, port, upstreamPort) => [process.execPath, path, `${port}`, `${upstreamPort}`]
  }
}

/** `node:http` and undici, and nothing else. */
export const bareNode: Subject = nodePeer('node:http + undici', 'bare-node.ts')

/** `@fastify/http-proxy` without plugins. */
export const httpProxy: Subject = nodePeer('@fastify/http-proxy', 'http-proxy.ts')

/** nginx with one worker, which passes answers on as they come. */
export function nginx(machine: Machine): Subject {
  return {
    name: 'nginx',
    missing: machine.nginx === undefined ? 'nginx is not installed' : undefined,
    command: (folder, port, upstreamPort) => {
      const file = join(folder, `nginx-${port}.conf`)
      writeFileSync(file, nginxProxy(folder, port, upstreamPort))
      return [machine.nginx ?? 'nginx', '-e', 'stderr', '-c', file]
    }
  }
}

function nginxProxy(folder: string, port: number, upstreamPort: number): string {
  return `
worker_processes 1; worker_rlimit_nofile 20000; daemon off; pid ${folder}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  keepalive_requests 1000000000; keepalive_timeout 600s;
  upstream behind {
    server 127.0.0.1:${upstreamPort};
    keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_buffering off;
    }
  }
}
`
}
