import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { RunningServer } from '../test/helpers/server.ts';

const BOUNDARY = 'parley-bench';

/** Submits a file of any length without ever having all of it in memory; returns the id of the job. */
export async function streamUpload(
  { baseUrl, bootstrap }: RunningServer,
  config: object,
  file: Iterable<Buffer>,
): Promise<string> {
  const sending = request(`${baseUrl}/v2/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bootstrap.api_key}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    },
  });
  const answered = new Promise<string>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', async (response) => {
      const body = (await json(response)) as { id?: string };
      if (body.id === undefined) reject(new Error(JSON.stringify(body)));
      else resolve(body.id);
    });
  });
  const write = async (bytes: string | Buffer) => {
    if (!sending.write(bytes)) await new Promise((resolve) => sending.once('drain', resolve));
  };
  const part = (name: string, fileName = '') =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${fileName}\r\n\r\n`;
  await write(`${part('config')}${JSON.stringify(config)}\r\n${part('data_file', '; filename="a.wav"')}`);
  for (const bytes of file) await write(bytes);
  sending.end(`\r\n--${BOUNDARY}--\r\n`);
  return answered;
}
