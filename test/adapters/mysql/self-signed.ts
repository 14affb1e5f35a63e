import { generateKeyPairSync, sign } from 'node:crypto';

const OID = {
  commonName: [0x55, 4, 3],
  alternativeName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
};

/** A certificate that signs itself, for these names and addresses, made anew so that no key is kept anywhere. */
export function selfSigned(names: readonly string[], addresses: readonly string[]): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(tag(6, OID.ecdsaWithSha256));
  const name = sequence(tag(0x31, sequence(tag(6, OID.commonName), tag(0x0c, Buffer.from('runbell test')))));
  const yearMs = 365 * 24 * 3_600_000;
  const validity = sequence(time(Date.now() - yearMs), time(Date.now() + yearMs));
  const alternatives = sequence(
    ...names.map((text) => tag(0x82, Buffer.from(text))),
    ...addresses.map((address) => tag(0x87, address.split('.').map(Number))),
  );
  const extensions = tag(0xa3, sequence(sequence(tag(6, OID.alternativeName), tag(4, alternatives))));
  const body = sequence(
    tag(0xa0, tag(2, [2])),
    tag(2, [1]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = tag(3, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  return {
    cert: pem('CERTIFICATE', sequence(body, algorithm, signature)),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function tag(type: number, content: Buffer | readonly number[]): Buffer {
  const bytes = Buffer.from(content);
  const length = bytes.length < 128 ? [bytes.length] : [0x82, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([type, ...length]), bytes]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

/** UTCTime: two digits of the year, up to the second. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tag(0x17, Buffer.from(`${digits}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
