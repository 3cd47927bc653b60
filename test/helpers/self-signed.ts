import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate for `localhost` that signs itself, and its key, both PEM. Node makes keys but no certificates. */
export function selfSigned(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(COMMON_NAME, tagged(0x0c, Buffer.from('localhost')))));
  const dayMs = 86_400_000;
  const validity = sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const serial = tagged(0x02, Buffer.from([1]));
  const content = sequence(serial, ECDSA_WITH_SHA256, name, validity, name, subjectKey);
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const body = sequence(content, ECDSA_WITH_SHA256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** DER (X.690): a tag, a length and the content. */
function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);

const utcTime = (atMs: number): Buffer =>
  tagged(0x17, Buffer.from(`${new Date(atMs).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));

/** 2.5.4.3 */
const COMMON_NAME = tagged(0x06, Buffer.from('550403', 'hex'));
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(tagged(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
