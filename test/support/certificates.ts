/** Certificates for tests, made on the spot by the system's openssl: none is kept in the repository, and none expires. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate that signs itself, and its key, as files. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  /** The certificate as text, which also serves as the authority to trust. */
  readonly pem: string
}

/** Why tests with certificates cannot run here; false where they can. */
export const noCertificates: string | false = hasOpenssl() ? false : 'openssl is not installed'

/** Makes `<name>.crt` and `<name>.key` in a folder, for a host name or an address. */
export function makeCertificate(folder: string, name: string, host = 'localhost'): TestCertificate {
  const cert = join(folder, `${name}.crt`)
  const key = join(folder, `${name}.key`)
  const alternative = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`]
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', ...subject], {
    stdio: 'ignore'
  })
  return { cert, key, pem: readFileSync(cert, 'utf8') }
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
