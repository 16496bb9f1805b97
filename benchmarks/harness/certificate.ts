/** A certificate for one run, made by openssl where it is installed. It vouches for nothing: clients of a run check none. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes a key (P-256, what most servers have) and its certificate in the folder. @returns undefined where there is no openssl */
export function makeCertificate(folder: string): Certificate | undefined {
  const [cert, key] = [join(folder, 'tls-cert.pem'), join(folder, 'tls-key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const words = ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert]
  return spawnSync('openssl', words, { stdio: 'ignore' }).status === 0 ? { cert, key } : undefined
}
