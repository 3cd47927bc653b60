import type { CodeSample } from '../ui/code/code-block.tsx';
import type { Product } from './endpoints.ts';
import { literal, shellWord, type Value } from './literals.ts';

interface MintingOptions {
  readonly product: Product;
  /** Of the endpoint: `https://asr.api.example.org`. */
  readonly origin: string;
  readonly body: { readonly [member: string]: Value };
}

/** The request with which a server of one's own makes a temporary key, in three languages. */
export function mintingSamples({ product, origin, body }: MintingOptions): CodeSample[] {
  const url = `${origin}/v1/api_keys`;
  return [
    { language: 'curl', code: curl(url, product, body) },
    { language: 'JavaScript', code: javaScript(url, product, body) },
    { language: 'Python', code: python(url, product, body) },
  ];
}

type Minting = (url: string, product: Product, body: MintingOptions['body']) => string;

const curl: Minting = (url, product, body) => `curl -X POST "${url}?type=${product}" \\
  -H "Authorization: Bearer $PARLEY_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d ${shellWord(literal(body, 'json'))}`;

const javaScript: Minting = (url, product, body) => `const answer = await fetch('${url}?type=${product}', {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.PARLEY_API_KEY}\`,
    'content-type': 'application/json',
  },
  body: JSON.stringify(${literal(body, 'javascript', '  ')}),
});
if (!answer.ok) throw new Error(await answer.text());
const { key_value: temporaryKey } = await answer.json();`;

const python: Minting = (url, product, body) => `# pip install requests
import os

import requests

answer = requests.post(
    "${url}",
    params={"type": "${product}"},
    headers={"Authorization": f"Bearer {os.environ['PARLEY_API_KEY']}"},
    json=${literal(body, 'python', '    ', '    ')},
    timeout=10,
)
answer.raise_for_status()
temporary_key = answer.json()["key_value"]`;
